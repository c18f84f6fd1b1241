// Has Sigstore's JavaScript verifier judge bundles by certificate or, with PUBLIC_KEY, by key with log and timestamp:
//
//   node verify_keyless.mjs MODULES TRUSTED_ROOT '{"identity": …, "issuer": …} | {"key": FILE}' BUNDLE…
//
// One JSON line per bundle; exit status 1 if it refuses any. It takes the identity for a regular expression without
// anchors, so it is given an escaped one with anchors.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, rootFile, whom, ...files] = process.argv.slice(2);
const load = createRequire(resolve(modules, 'package.json'));
const { bundleFromJSON } = load('@sigstore/bundle');
const { TrustedRoot } = load('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = load('@sigstore/verify');

const { identity, issuer, key } = JSON.parse(whom);
const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(rootFile, 'utf8')));
const held = key && { publicKey: createPublicKey(readFileSync(key)), validFor: () => true };
const verifier = new Verifier(toTrustMaterial(root, () => held), { tlogThreshold: 1, timestampThreshold: 1, ctlogThreshold: 1 });
const escaped = (text) => `^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
const policy = key ? undefined : { subjectAlternativeName: escaped(identity), extensions: { issuer } };

let refused = false;
for (const file of files) {
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(readFileSync(file, 'utf8')))), policy);
    console.log(JSON.stringify({ file, verified: true }));
  } catch (error) {
    refused = true;
    console.log(JSON.stringify({ file, verified: false, code: error.code ?? error.name, message: error.message }));
  }
}
process.exitCode = refused ? 1 : 0;
