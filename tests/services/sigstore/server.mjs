// A whole Sigstore on loopback, for tests: node server.mjs MODULES FOLDER
//
// MODULES is the folder above node_modules. FOLDER gets the trust documents; FOLDER/tuf is served as a TUF mirror. One
// JSON line with the address says that it is ready; it ends with its standard input. Faults are told to POST /control.
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join, resolve } from 'node:path';
import { answer, clock, control, requests } from './faults.mjs';
import { Fulcio } from './fulcio.mjs';
import { Issuer } from './oidc.mjs';
import { RekorV1, RekorV2 } from './rekor.mjs';
import { documents } from './trust.mjs';
import { Timestamps } from './tsa.mjs';

const [place, folder] = process.argv.slice(2);
const load = createRequire(resolve(place, 'package.json'));
const mock = load('@sigstore/mock');
const { Crypto } = load('@peculiar/webcrypto');
const canonicalize = load('canonicalize');
const modules = { x509: load('@peculiar/x509'), asn1js: load('asn1js'), pkijs: load('pkijs'), engine: new Crypto() };
modules.x509.cryptoProvider.set(modules.engine);

const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const host = '127.0.0.1';
const url = `http://${host}:${server.address().port}`;

const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const certificateLog = await mock.initializeCTLog(pair());
const authority = await mock.initializeCA(pair(), certificateLog);
const stamping = await mock.initializeTSA(pair());
certificateLog.getCurrentTime = () => clock('fulcio');

const issuer = new Issuer(url, () => clock('oidc'));
const fulcio = new Fulcio({ modules, authority, certificateLog, issuer, clock: () => clock('fulcio') });
const rekor1 = new RekorV1({ host, canonicalize, clock: () => clock('rekor') });
const rekor2 = new RekorV2({ host, canonicalize });
const timestamps = new Timestamps({ modules, authority: stamping, clock: () => clock('tsa') });

const tsaChain = [stamping.intCertificate, stamping.rootCertificate];
const trust = documents({ url, fulcioRoot: authority.rootCertificate, certificateLog, rekor1, rekor2, tsaChain });
mkdirSync(folder, { recursive: true });
for (const [name, document] of Object.entries(trust)) writeFileSync(join(folder, name), JSON.stringify(document, null, 1));

const json = (value) => ({ status: 200, body: JSON.stringify(value) });
const form = (body) => new URLSearchParams(body.toString());
const refused = (work) => {
  try {
    return work();
  } catch (error) {
    return { status: 400, body: JSON.stringify({ code: 400, message: error.message }) };
  }
};

const ROUTES = {
  'POST /api/v2/signingCert': ['fulcio', ({ body, headers }) => fulcio.issue(JSON.parse(body), headers.authorization)],
  'POST /api/v1/log/entries': ['rekor', ({ body }) => refused(() => rekor1.submit(JSON.parse(body)))],
  'POST /api/v2/log/entries': ['rekor', ({ body }) => refused(() => rekor2.submit(JSON.parse(body)))],
  'POST /api/v1/timestamp': ['tsa', ({ body }) => timestamps.answer(body)],
  'GET /.well-known/openid-configuration': ['oidc', () => json(issuer.configuration())],
  'GET /keys': ['oidc', () => json(issuer.jwks())],
  'GET /auth': ['oidc', ({ query }) => issuer.authorize(query)],
  'POST /device/code': ['oidc', ({ body }) => issuer.deviceCode(form(body))],
  'POST /token': ['oidc', ({ body }) => issuer.redeem(form(body))],
  'GET /github': ['oidc', ({ query }) => json({ value: issuer.token({ aud: query.get('audience') }) })],
  'POST /mint': [null, ({ body }) => json(issuer.token(JSON.parse(body)))],
  'POST /person': [null, ({ body }) => json(Object.assign(issuer.device, JSON.parse(body)))],
  'POST /control': [null, ({ body }) => json(control(JSON.parse(body)) ?? {})],
  'GET /control': [null, () => json(requests())],
};

const missing = [null, () => ({ status: 404, body: '{}' })];

const file = (path) => () => {
  try {
    return { status: 200, type: 'application/octet-stream', body: readFileSync(join(folder, path)) };
  } catch {
    return { status: 404, body: '{}' };
  }
};

const route = (method, path) => {
  const entry = method === 'GET' && path.match(/^\/api\/v1\/log\/entries\/([0-9a-f]{80})$/);
  if (entry) return ['rekor', () => rekor1.get(entry[1])];
  if (method === 'GET' && /^\/tuf(\/[\w.-]+)+$/.test(path) && !path.includes('..')) return ['tuf', file(path)];
  return ROUTES[`${method} ${path}`] ?? missing;
};

server.on('request', async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const { pathname, searchParams } = new URL(req.url, url);
  const [service, work] = route(req.method, pathname);
  const request = { body: Buffer.concat(parts), headers: req.headers, query: searchParams };
  try {
    await answer(service, res, () => work(request));
  } catch (error) {
    res.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error.stack));
  }
});

process.stdin.on('end', () => process.exit()).resume();
console.log(JSON.stringify({ url }));
