// Runs the official Stytch SDK for Node against an emulator, whose base URL and
// credentials are in the environment. Each case prints one line of JSON, {"name": …}
// or {"name": …, "error": …}. The last line is {"ran": …}, so that the Go test that
// reads them notices a script that stops halfway.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import stytch from "stytch";

const { EMULATOR_URL: env, EMULATOR_PROJECT_ID: project_id, EMULATOR_SECRET: secret } = process.env;
const client = new stytch.B2BClient({ project_id, secret, env });

// admin calls the admin API, for steps that the SDK has no method for.
async function admin(path, body) {
  const response = await fetch(`${env}/_emulator/${path}`, body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, `/_emulator/${path}: ${JSON.stringify(answer)}`);
  return answer;
}

let members = 0;

// signIn makes an organization with a member that has just logged in.
async function signIn(options = {}, fields = {}) {
  members++;
  const { organization_id } = await admin("organizations", {});
  const member = await admin("members", {
    organization_id,
    mfa_phone_number: `+1415555${String(1000 + members)}`,
    ...fields,
  });
  const session = await admin("sessions", { organization_id, member_id: member.member_id, ...options });
  return { ids: { organization_id, member_id: member.member_id }, member, ...session };
}

async function lastCode(member_id) {
  const { messages } = await admin(`messages?member_id=${member_id}`);
  return messages.at(-1).code;
}

async function sendTo(who) {
  const answer = await client.otps.sms.send({ ...who.ids, session_jwt: who.session_jwt });
  return { answer, code: await lastCode(who.ids.member_id) };
}

// refused checks that the SDK throws its typed error.
async function refused(call, status_code, error_type) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof stytch.StytchError, `a ${error.constructor.name}: ${error.message}`);
    assert.equal(error.error_type, error_type);
    assert.equal(error.status_code, status_code);
    assert.match(error.request_id, /^request-id-test-/);
    assert.match(error.error_url, new RegExp(`/errors/${status_code}#${error_type}$`));
    assert.ok(error.error_message);
    return true;
  });
}

async function calls(path) {
  return (await admin("calls")).calls.filter((call) => call.path === path).length;
}

function smsFactor(session) {
  return session.authentication_factors.find((f) => f.type === "otp" && f.delivery_method === "sms");
}

// totp computes the code of an authenticator app by RFC 6238. The emulator's clock may
// be ahead: other cases advance it.
let advanced = 0;

async function advance(advance_seconds) {
  await admin("clock", { advance_seconds });
  advanced += advance_seconds;
}

function totp(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const period = Buffer.alloc(8);
  period.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + advanced) / 30)));
  const sum = createHmac("sha1", key).update(period).digest();
  const number = sum.readUInt32BE(sum[19] & 15) & 0x7fffffff;
  return String(number % 1e6).padStart(6, "0");
}

// withApp makes a member without a phone that has just registered an authenticator app.
async function withApp() {
  const who = await signIn({}, { mfa_phone_number: "" });
  const app = await client.totps.create({ ...who.ids, session_jwt: who.session_jwt });
  const answer = await client.totps.authenticate({ ...who.ids, session_jwt: who.session_jwt, code: totp(app.secret) });
  return { who, app, answer };
}

const wrong = (code) => (code === "271828" ? "314159" : "271828");

const cases = {
  async "send texts the member a code"() {
    const who = await signIn();
    const { answer, code } = await sendTo(who);
    assert.equal(answer.status_code, 200);
    assert.equal(answer.member_id, who.ids.member_id);
    assert.equal(answer.member.mfa_phone_number, who.member.mfa_phone_number);
    assert.equal(answer.organization.organization_id, who.ids.organization_id);
    assert.match(code, /^[0-9]{6}$/);
  },

  async "authenticate adds the factor to the session"() {
    const who = await signIn();
    const { code } = await sendTo(who);
    const answer = await client.otps.sms.authenticate({
      ...who.ids, code, session_jwt: who.session_jwt,
      session_duration_minutes: 30, session_custom_claims: { plan: "pro" },
    });
    assert.equal(answer.member_session.member_session_id, who.member_session.member_session_id);
    assert.equal(smsFactor(answer.member_session).phone_number_factor.phone_number, who.member.mfa_phone_number);
    assert.deepEqual(answer.member_session.custom_claims, { plan: "pro" });
    assert.notEqual(answer.session_jwt, who.session_jwt);
    const local = await client.sessions.authenticateJwtLocal({ session_jwt: answer.session_jwt });
    assert.ok(smsFactor(local));
    assert.equal(local.custom_claims.plan, "pro");
  },

  async "sessions.authenticate takes the session token"() {
    const who = await signIn();
    const answer = await client.sessions.authenticate({ session_token: who.session_token });
    assert.equal(answer.session_token, who.session_token);
    assert.equal(answer.member.member_id, who.ids.member_id);
    assert.equal(answer.verdict, null);
  },

  async "sessions.authenticate refreshes an expired JWT"() {
    const who = await signIn({ jwt_age_seconds: 3600 });
    await assert.rejects(client.sessions.authenticateJwtLocal({ session_jwt: who.session_jwt }));
    const answer = await client.sessions.authenticate({ session_jwt: who.session_jwt });
    await client.sessions.authenticateJwtLocal({ session_jwt: answer.session_jwt });
  },

  async "sessions.authenticateJwtLocal calls only the JWKS"() {
    const who = await signIn({ factors: [{ type: "otp", delivery_method: "sms", age_seconds: 90 }] });
    const before = await calls("/v1/b2b/sessions/authenticate");
    const session = await client.sessions.authenticateJwtLocal({ session_jwt: who.session_jwt });
    assert.equal(await calls("/v1/b2b/sessions/authenticate"), before);
    assert.equal(session.member_session_id, who.member_session.member_session_id);
    assert.equal(session.member_id, who.ids.member_id);
    assert.equal(session.organization_id, who.ids.organization_id);
    assert.equal(session.organization_slug, who.member_session.organization_slug);
    assert.deepEqual(session.roles, ["stytch_member"]);
    assert.deepEqual(session.authentication_factors, who.member_session.authentication_factors);
  },

  async "sessions.authenticateJwt is local while the JWT is valid"() {
    const who = await signIn();
    const before = await calls("/v1/b2b/sessions/authenticate");
    const { member_session } = await client.sessions.authenticateJwt({ session_jwt: who.session_jwt });
    assert.equal(member_session.member_session_id, who.member_session.member_session_id);
    assert.equal(await calls("/v1/b2b/sessions/authenticate"), before);
  },

  async "sessions.authenticateJwt is remote when the JWT is too old"() {
    const who = await signIn({ jwt_age_seconds: 3600 });
    const before = await calls("/v1/b2b/sessions/authenticate");
    const answer = await client.sessions.authenticateJwt({ session_jwt: who.session_jwt });
    assert.equal(answer.member_session.member_session_id, who.member_session.member_session_id);
    assert.equal(await calls("/v1/b2b/sessions/authenticate"), before + 1);
  },

  async "keys may be rotated with an overlap"() {
    const who = await signIn();
    await admin("keys/rotate", { overlap: true });
    const fresh = await signIn();
    const late = new stytch.B2BClient({ project_id, secret, env });
    await late.sessions.authenticateJwtLocal({ session_jwt: who.session_jwt });
    await late.sessions.authenticateJwtLocal({ session_jwt: fresh.session_jwt });
  },

  async "sessions.getJWKS returns every member of a key"() {
    const { keys } = await client.sessions.getJWKS({ project_id });
    for (const key of keys) {
      for (const name of ["kty", "use", "key_ops", "alg", "kid", "x5c", "x5tS256", "n", "e"]) {
        assert.ok(key[name], `${name} is missing`);
      }
    }
    assert.ok(keys.length > 0);
  },

  async "sessions.get lists the sessions of a member"() {
    const who = await signIn();
    const { member_sessions } = await client.sessions.get(who.ids);
    assert.deepEqual(member_sessions.map((s) => s.member_session_id), [who.member_session.member_session_id]);
  },

  async "sessions.revoke ends a session"() {
    const who = await signIn();
    await client.sessions.revoke({ member_session_id: who.member_session.member_session_id });
    await refused(client.sessions.authenticate({ session_jwt: who.session_jwt }), 404, "session_not_found");
    await refused(client.sessions.authenticate({ session_token: who.session_token }), 404, "session_not_found");
    assert.deepEqual((await client.sessions.get(who.ids)).member_sessions, []);
  },

  async "organizations.members.get finds by id and by email"() {
    const who = await signIn();
    const { organization_id } = who.ids;
    const byID = await client.organizations.members.get(who.ids);
    assert.deepEqual(byID.member, who.member);
    const byEmail = await client.organizations.members.get({ organization_id, email_address: who.member.email_address });
    assert.deepEqual(byEmail.member, who.member);
  },

  async "organizations.members.update and deleteMFAPhoneNumber change the number"() {
    const who = await signIn();
    const change = { ...who.ids, mfa_phone_number: "+14155559999" };
    await refused(client.organizations.members.update(change), 400, "duplicate_member_phone_number_for_member");
    const without = await client.organizations.members.deleteMFAPhoneNumber(who.ids);
    assert.equal(without.member.mfa_phone_number, "");
    const { member } = await client.organizations.members.update(change);
    assert.equal(member.mfa_phone_number, "+14155559999");
    assert.equal(member.mfa_phone_number_verified, false);
  },

  async "organizations.members.update takes every field that the SDK knows"() {
    const who = await signIn({}, { mfa_phone_number: "" });
    const request = {
      ...who.ids, name: "Ada", email_address: `new-${who.member.email_address}`, unlink_email: false, external_id: who.ids.member_id.slice(-36),
      is_breakglass: true, mfa_phone_number: `+1415556${1000 + members}`, mfa_enrolled: true, default_mfa_method: "sms_otp",
      roles: ["stytch_member"], preserve_existing_sessions: true, trusted_metadata: { a: 1 }, untrusted_metadata: { b: 2 },
    };
    const types = readFileSync("node_modules/stytch/types/lib/b2b/organizations_members.d.ts", "utf8");
    const [, fields] = types.match(/interface B2BOrganizationsMembersUpdateRequest \{(.*?)\n\}/s);
    const known = [...fields.matchAll(/^ {4}([a-z_]+)\??:/gm)].map((field) => field[1]);
    assert.deepEqual(Object.keys(request).sort(), known.sort());
    const { member } = await client.organizations.members.update(request);
    assert.equal(member.email_address, `new-${who.member.email_address}`);
    assert.deepEqual(member.retired_email_addresses.map((e) => e.email_address), [who.member.email_address]);
    const found = await client.organizations.members.get({ organization_id: who.ids.organization_id, member_id: member.external_id });
    assert.deepEqual(found.member, member);
  },

  async "a wrong code is not found"() {
    const who = await signIn();
    const { code } = await sendTo(who);
    await refused(
      client.otps.sms.authenticate({ ...who.ids, code: wrong(code), session_jwt: who.session_jwt }),
      404, "otp_code_not_found",
    );
  },

  async "a superseded code is not found"() {
    const who = await signIn();
    const first = await sendTo(who);
    await sendTo(who);
    await refused(
      client.otps.sms.authenticate({ ...who.ids, code: first.code, session_jwt: who.session_jwt }),
      404, "otp_code_not_found",
    );
  },

  async "an expired code does not authenticate"() {
    const who = await signIn();
    const { code } = await sendTo(who);
    await advance(120);
    await refused(
      client.otps.sms.authenticate({ ...who.ids, code, session_jwt: who.session_jwt }),
      401, "unable_to_auth_otp_code",
    );
  },

  async "a used code does not authenticate"() {
    const who = await signIn();
    const { code } = await sendTo(who);
    const request = { ...who.ids, code, session_jwt: who.session_jwt };
    await client.otps.sms.authenticate(request);
    await refused(client.otps.sms.authenticate(request), 401, "unable_to_auth_otp_code");
  },

  async "ten wrong codes lock the member"() {
    const who = await signIn();
    const { code } = await sendTo(who);
    const request = (code) => client.otps.sms.authenticate({ ...who.ids, code, session_jwt: who.session_jwt });
    for (let i = 0; i < 10; i++) {
      await refused(request(wrong(code)), 404, "otp_code_not_found");
    }
    await refused(request(code), 429, "user_lock_limit_reached");
    const { member } = await client.organizations.members.get(who.ids);
    assert.equal(member.is_locked, true);
  },

  async "totps.create and totps.authenticate register an authenticator app"() {
    const { who, app, answer } = await withApp();
    assert.match(app.secret, /^[A-Z2-7]{32}$/);
    assert.match(app.qr_code, /^data:image\/png;base64,iVBORw0KGgo/);
    assert.equal(app.recovery_codes.length, 10);
    assert.equal(app.member.totp_registration_id, "");
    assert.equal(answer.member.totp_registration_id, app.totp_registration_id);
    assert.equal(answer.member.default_mfa_method, "totp");
    const factor = answer.member_session.authentication_factors.find((f) => f.type === "totp");
    assert.equal(factor.delivery_method, "authenticator_app");
    assert.deepEqual(factor.authenticator_app_factor, { totp_id: app.totp_registration_id });
    const late = new stytch.B2BClient({ project_id, secret, env }); // the keys were rotated just now
    const local = await late.sessions.authenticateJwtLocal({ session_jwt: answer.session_jwt });
    assert.deepEqual(local.authentication_factors, answer.member_session.authentication_factors);
    await refused(client.totps.create({ ...who.ids, session_jwt: answer.session_jwt }), 400, "active_totp_exists");
  },

  async "a TOTP code works once"() {
    const { who, app } = await withApp();
    const request = { ...who.ids, session_jwt: who.session_jwt, code: totp(app.secret) };
    await refused(client.totps.authenticate(request), 400, "totp_code_already_authenticated");
    await refused(client.totps.authenticate({ ...request, code: wrong(request.code) }), 401, "unable_to_authenticate_totp");
    await advance(30);
    await client.totps.authenticate({ ...request, code: totp(app.secret) });
  },

  async "totps.authenticate completes a login"() {
    const { who, app } = await withApp();
    const { intermediate_session_token } = await admin("logins", who.ids);
    await advance(30);
    const answer = await client.totps.authenticate({
      ...who.ids, intermediate_session_token, code: totp(app.secret), session_duration_minutes: 30, set_mfa_enrollment: "enroll",
    });
    assert.equal(answer.member.mfa_enrolled, true);
    assert.notEqual(answer.member_session.member_session_id, who.member_session.member_session_id);
  },

  async "totps.migrate brings an authenticator app along"() {
    const who = await signIn();
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const answer = await client.totps.migrate({ ...who.ids, secret, recovery_codes: ["ckss-2skx-ebow"] });
    assert.equal(answer.member.totp_registration_id, answer.totp_registration_id);
    assert.deepEqual(answer.recovery_codes, ["ckss-2skx-ebow"]);
    await client.totps.authenticate({ ...who.ids, session_jwt: who.session_jwt, code: totp(secret) });
  },

  async "organizations.members.deleteTOTP removes the authenticator app"() {
    const { who } = await withApp();
    const { member } = await client.organizations.members.deleteTOTP(who.ids);
    assert.equal(member.totp_registration_id, "");
    await refused(client.organizations.members.deleteTOTP(who.ids), 404, "totp_not_found");
    await refused(client.recoveryCodes.get(who.ids), 404, "recovery_codes_not_found");
  },

  async "recoveryCodes.recover, get and rotate use up, list and replace the codes"() {
    const { who, app } = await withApp();
    const answer = await client.recoveryCodes.recover({
      ...who.ids, session_jwt: who.session_jwt, recovery_code: app.recovery_codes[0], session_duration_minutes: 30,
    });
    assert.equal(answer.recovery_codes_remaining, 9);
    const factor = answer.member_session.authentication_factors.find((f) => f.type === "recovery_codes");
    assert.equal(factor.delivery_method, "recovery_code");
    assert.ok(factor.recovery_code_factor.totp_recovery_code_id);
    assert.deepEqual((await client.recoveryCodes.get(who.ids)).recovery_codes, app.recovery_codes.slice(1));
    const rotated = await client.recoveryCodes.rotate(who.ids);
    assert.equal(rotated.recovery_codes.length, 10);
    await refused(
      client.recoveryCodes.recover({ ...who.ids, session_jwt: who.session_jwt, recovery_code: app.recovery_codes[1] }),
      401, "unable_to_authenticate_recovery_code",
    );
  },

  async "passwords.authenticate lets a member in"() {
    const who = await signIn({}, { password: "correct horse battery staple" });
    const request = { organization_id: who.ids.organization_id, email_address: who.member.email_address, password: "correct horse battery staple" };
    const answer = await client.passwords.authenticate({ ...request, session_duration_minutes: 30 });
    assert.equal(answer.member_authenticated, true);
    assert.equal(answer.intermediate_session_token, "");
    assert.equal(answer.mfa_required, null);
    assert.equal(answer.organization_id, who.ids.organization_id);
    assert.deepEqual(answer.member_session.authentication_factors.map((f) => f.type), ["password"]);
    assert.match(answer.member.member_password_id, /^member-password-test-/);
    await refused(client.passwords.authenticate({ ...request, password: "wrong" }), 401, "unauthorized_credentials");
    await refused(client.passwords.authenticate({ ...request, email_address: "nobody@example.com" }), 404, "email_not_found");
  },

  async "an enrolled member logs in with a password and the code that was sent"() {
    const who = await signIn({}, { password: "correct horse battery staple", mfa_enrolled: true });
    const waiting = await client.passwords.authenticate({
      organization_id: who.ids.organization_id, email_address: who.member.email_address, password: "correct horse battery staple",
    });
    assert.equal(waiting.member_authenticated, false);
    assert.equal(waiting.member_session, null);
    assert.equal(waiting.session_token, "");
    assert.equal(waiting.session_jwt, "");
    assert.equal(waiting.intermediate_session_token.length, 44);
    assert.deepEqual(waiting.mfa_required, {
      member_options: { mfa_phone_number: who.member.mfa_phone_number, totp_registration_id: "" },
      secondary_auth_initiated: "sms_otp",
    });
    const { intermediate_session_token } = waiting;
    const answer = await client.otps.sms.authenticate({ ...who.ids, intermediate_session_token, code: await lastCode(who.ids.member_id) });
    assert.deepEqual(answer.member_session.authentication_factors.map((f) => f.type), ["password", "otp"]);
    await refused(client.otps.sms.send({ ...who.ids, intermediate_session_token }), 404, "intermediate_session_not_found");
  },

  async "magicLinks.email.loginOrSignup and magicLinks.authenticate log a member in"() {
    const who = await signIn();
    const { organization_id, member_id } = who.ids;
    const sent = await client.magicLinks.email.loginOrSignup({
      organization_id, email_address: who.member.email_address, login_redirect_url: "https://app.example.com/login",
    });
    assert.equal(sent.member_created, false);
    const { mails } = await admin(`mails?member_id=${member_id}`);
    const link = new URL(mails.at(-1).url);
    assert.equal(link.origin + link.pathname, "https://app.example.com/login");
    const magic_links_token = link.searchParams.get("token");
    const answer = await client.magicLinks.authenticate({ magic_links_token, session_duration_minutes: 30 });
    assert.equal(answer.member_authenticated, true);
    assert.equal(answer.reset_sessions, false);
    assert.equal(answer.member_session.authentication_factors[0].email_factor.email_id, answer.method_id);
    await refused(client.magicLinks.authenticate({ magic_links_token }), 401, "unable_to_auth_magic_link");
    await refused(client.magicLinks.authenticate({ magic_links_token: "none" }), 404, "magic_link_not_found");
    await refused(
      client.magicLinks.email.loginOrSignup({ organization_id, email_address: "nobody@example.com" }),
      400, "email_jit_provisioning_not_allowed",
    );
  },

  async "a login goes through magic link, password and recovery code with one intermediate session token"() {
    const fields = { totp: true, mfa_enrolled: true, mfa_phone_number: "", password: "correct horse battery staple" };
    const who = await signIn({}, fields);
    const { organization_id, member_id } = who.ids;
    const { email_address } = who.member;
    await client.magicLinks.email.loginOrSignup({ organization_id, email_address });
    const { mails } = await admin(`mails?member_id=${member_id}`);
    const mailed = await client.magicLinks.authenticate({ magic_links_token: mails.at(-1).token });
    assert.equal(mailed.member_authenticated, false);
    assert.equal(mailed.mfa_required.member_options.totp_registration_id, who.member.totp_registration_id);
    const { intermediate_session_token } = mailed;
    assert.equal(intermediate_session_token.length, 44);

    const typed = await client.passwords.authenticate({ organization_id, email_address, password: fields.password, intermediate_session_token });
    assert.equal(typed.member_authenticated, false);
    assert.equal(typed.intermediate_session_token, intermediate_session_token);
    await client.magicLinks.email.loginOrSignup({ organization_id, email_address });
    const again = await client.magicLinks.authenticate({
      magic_links_token: (await admin(`mails?member_id=${member_id}`)).mails.at(-1).token, intermediate_session_token,
    });
    assert.equal(again.intermediate_session_token, intermediate_session_token);

    const { recovery_codes } = await admin(`recovery_codes?member_id=${member_id}`);
    const answer = await client.recoveryCodes.recover({ ...who.ids, intermediate_session_token, recovery_code: recovery_codes[0] });
    assert.deepEqual(answer.member_session.authentication_factors.map((f) => f.type), ["magic_link", "password", "recovery_codes"]);
    await refused(
      client.passwords.authenticate({ organization_id, email_address, password: fields.password, intermediate_session_token }),
      404, "intermediate_session_not_found",
    );
  },

  async "the base URL may end in a slash"() {
    const who = await signIn();
    const other = new stytch.B2BClient({ project_id, secret, env: `${env}/` });
    await other.otps.sms.send({ ...who.ids, session_jwt: who.session_jwt });
    const answer = await other.otps.sms.authenticate({ ...who.ids, session_jwt: who.session_jwt, code: await lastCode(who.ids.member_id) });
    const session = await other.sessions.authenticateJwtLocal({ session_jwt: answer.session_jwt });
    assert.ok(smsFactor(session));
  },

  async "what is not imitated says so"() {
    await refused(client.rbac.policy({}), 501, "not_imitated");
    await refused(client.otps.email.loginOrSignup({ organization_id: "o", email_address: "a@b" }), 501, "not_imitated");
    const other = new stytch.B2BClient({ project_id, secret: "secret-test-wrong", env });
    await refused(other.sso.getConnections({ organization_id: "o" }), 501, "not_imitated");
  },

  async "a snapshot brings a member back"() {
    const who = await signIn();
    const { id } = await admin("snapshot", {});
    await client.organizations.members.deleteMFAPhoneNumber(who.ids);
    await client.sessions.revoke({ member_id: who.ids.member_id });
    await admin("restore", { id });
    const { member } = await client.sessions.authenticate({ session_token: who.session_token });
    assert.equal(member.mfa_phone_number, who.member.mfa_phone_number);
  },

  async "discovery and sessions.exchange take a member to another organization"() {
    const home = await signIn();
    const away = await signIn({}, { email_address: home.member.email_address, mfa_enrolled: true });
    const { intermediate_session_token } = await admin("logins", home.ids);
    const list = await client.discovery.organizations.list({ intermediate_session_token });
    assert.equal(list.email_address, home.member.email_address);
    assert.equal(list.organization_id_hint, home.ids.organization_id);
    const found = Object.fromEntries(list.discovered_organizations.map((o) => [o.organization.organization_id, o]));
    assert.equal(found[home.ids.organization_id].member_authenticated, true);
    assert.equal(found[away.ids.organization_id].member_authenticated, false);
    assert.equal(found[away.ids.organization_id].membership.type, "active_member");
    assert.equal(found[away.ids.organization_id].mfa_required.secondary_auth_initiated, null);

    const { organization_id, member_id } = away.ids;
    const waiting = await client.discovery.intermediateSessions.exchange({ intermediate_session_token, organization_id });
    assert.equal(waiting.intermediate_session_token, intermediate_session_token);
    assert.equal(waiting.member_id, member_id);
    const answer = await client.otps.sms.authenticate({ ...away.ids, intermediate_session_token, code: await lastCode(member_id) });

    const back = await client.sessions.exchange({ organization_id: home.ids.organization_id, session_jwt: answer.session_jwt });
    assert.equal(back.member_authenticated, true);
    assert.equal(back.member_session.member_id, home.ids.member_id);
    const again = await client.sessions.exchange({ organization_id, session_token: home.session_token });
    assert.equal(again.member_authenticated, false);
    assert.equal(again.primary_required, null);
  },

  async "a bad secret is refused"() {
    const who = await signIn();
    const other = new stytch.B2BClient({ project_id, secret: "secret-test-wrong", env });
    await refused(other.otps.sms.send(who.ids), 401, "unauthorized_credentials");
  },
};

for (const [name, run] of Object.entries(cases)) {
  let error;
  try {
    await run();
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown);
  }
  console.log(JSON.stringify({ name, error }));
}
console.log(JSON.stringify({ ran: Object.keys(cases).length }));
