// A toy OIDC issuer: tokens with any claims for tests, and the two ways in which a person logs in.
import crypto from 'node:crypto';

const AUDIENCE = 'sigstore';
const url64 = (bytes) => Buffer.from(bytes).toString('base64url');

export class Issuer {
  #keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  #codes = new Map();
  person = { sub: 'dev', email: 'dev@acme.test', email_verified: true };
  device = { pending: 0, error: null };

  constructor(url, clock) {
    Object.assign(this, { url, clock });
  }

  token(claims) {
    const now = Math.floor(this.clock() / 1000);
    const all = { iss: this.url, aud: AUDIENCE, sub: 'https://ci.acme.test/train', iat: now, nbf: now - 5, exp: now + 600, ...claims };
    const known = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    const signed = `${url64(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: '1' }))}.${url64(JSON.stringify(known))}`;
    return `${signed}.${url64(crypto.sign('sha256', Buffer.from(signed), this.#keys.privateKey))}`;
  }

  // What Fulcio asks of a token.
  check(token) {
    const [head, payload, signature] = token.split('.');
    const bytes = Buffer.from(signature ?? '', 'base64url');
    if (!crypto.verify('sha256', Buffer.from(`${head}.${payload}`), this.#keys.publicKey, bytes)) throw new Error('unknown signature');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const now = Date.now() / 1000;
    if (claims.iss !== this.url) throw new Error('unknown issuer');
    if (claims.aud !== AUDIENCE) throw new Error('wrong audience');
    if (claims.exp < now || claims.nbf > now + 60) throw new Error('token is expired or not yet valid');
    return claims;
  }

  configuration() {
    const at = (path) => `${this.url}${path}`;
    return {
      issuer: this.url,
      jwks_uri: at('/keys'),
      authorization_endpoint: at('/auth'),
      token_endpoint: at('/token'),
      device_authorization_endpoint: at('/device/code'),
    };
  }

  jwks() {
    return { keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: '1', alg: 'RS256', use: 'sig' }] };
  }

  // The person says yes at once.
  authorize(query) {
    const code = url64(crypto.randomBytes(16));
    this.#codes.set(code, query.get('code_challenge'));
    const target = new URL(query.get('redirect_uri'));
    target.searchParams.set('code', code);
    target.searchParams.set('state', query.get('state'));
    return { status: 302, headers: { Location: target.href }, body: '' };
  }

  deviceCode(form) {
    const code = url64(crypto.randomBytes(16));
    this.#codes.set(code, form.get('code_challenge'));
    const answer = { device_code: code, user_code: 'WDJB-MJHT', verification_uri: `${this.url}/device`, expires_in: 300, interval: 0 };
    return { status: 200, body: JSON.stringify({ ...answer, verification_uri_complete: `${this.url}/device?user_code=WDJB-MJHT` }) };
  }

  redeem(form) {
    const device = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:device_code';
    if (device && this.device.error) return refuse(this.device.error);
    if (device && this.device.pending-- > 0) return refuse('authorization_pending');
    const code = form.get(device ? 'device_code' : 'code');
    const challenge = crypto.createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (!this.#codes.has(code) || this.#codes.get(code) !== challenge) return refuse('invalid_grant');
    this.#codes.delete(code);
    const token = this.token(this.person);
    return { status: 200, body: JSON.stringify({ access_token: token, id_token: token, token_type: 'Bearer' }) };
  }
}

const refuse = (error) => ({ status: 400, body: JSON.stringify({ error }) });
