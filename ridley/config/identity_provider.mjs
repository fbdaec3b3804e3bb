// An OpenID provider on loopback for development and tests: `node identity_provider.mjs`, told all in IDENTITY_PROVIDER.
//
// {"fd": 3 or "port": 0, "clients": [...], "people": {"id": {claims}}, "keys": {JWKS}, "claims_in_id_token": false}
// It asks for no password: whoever clicks a name is that person. It says `listening PORT` once it answers.
import http from "node:http";
import { Provider } from "oidc-provider";

const told = JSON.parse(process.env.IDENTITY_PROVIDER);
const server = http.createServer();
server.listen(told.fd === undefined ? { host: "127.0.0.1", port: told.port ?? 0 } : { fd: told.fd }, start);

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;
}

function choices(uid, people) {
  const button = ([id, claims]) => `<p><button name="person" value="${escaped(id)}">${escaped(claims.name)}</button>
    ${escaped(claims.email)}. ${escaped(claims.about ?? "")}</p>`;
  return page(
    "Demo identity provider",
    `<p>Who are you today? No password is asked: this provider is for trying things out.</p>
    <form method="post" action="/interaction/${uid}">${Object.entries(people).map(button).join("")}</form>`,
  );
}

async function body(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > 10_000) throw new Error("too long");
  }
  return new URLSearchParams(text);
}

function start() {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const claims = [...new Set(Object.values(told.people).flatMap(Object.keys))].filter((name) => name !== "about");
  const provider = new Provider(issuer, {
    clients: told.clients,
    ...(told.keys ? { jwks: told.keys } : {}),
    cookies: { keys: [told.secret] },
    claims: { openid: ["sub"], profile: claims.filter((name) => !name.startsWith("email")), email: ["email", "email_verified"] },
    conformIdTokenClaims: !told.claims_in_id_token,
    pkce: { required: () => true },
    ttl: { Session: 10 }, // so that whoever tries it is asked again who to be
    features: { devInteractions: { enabled: false } },
    interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (context, id) =>
      told.people[id] && { accountId: id, claims: () => ({ sub: id, ...told.people[id], about: undefined }) },
    // Whoever signs in here consents: the client is this machine's own.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", async (request, response) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(request.url)?.[1];
    if (!uid) return answer(request, response);
    try {
      await provider.interactionDetails(request, response);
      if (request.method !== "POST") {
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.end(choices(uid, told.people));
        return;
      }
      const login = { accountId: (await body(request)).get("person") ?? "", remember: false };
      await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    } catch (error) {
      response.statusCode = 400;
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(page("Begin again", `<p>This sign-in is over (${escaped(error.message)}). Go back and begin again.</p>`));
    }
  });
  console.log(`listening ${server.address().port}`);
}
