// Has Sigstore's JavaScript verifier judge key-signed bundles: node verify.mjs MODULES PUBLIC_KEY BUNDLE…
//
// MODULES is the folder above node_modules. One JSON line per bundle; exit status 1 if it refuses any. It never compares
// a DSSE bundle with an artefact, so the subjects are printed for the caller to compare.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, keyFile, ...files] = process.argv.slice(2);
const load = createRequire(resolve(modules, 'package.json'));
const { bundleFromJSON } = load('@sigstore/bundle');
const { Verifier, toSignedEntity } = load('@sigstore/verify');

// The caller names the key; the bundle's hint is unauthenticated and chooses nothing. Neither a log nor a timestamp is
// asked for: these bundles are signed by a managed key alone.
const key = { publicKey: createPublicKey(readFileSync(keyFile)), validFor: () => true };
const nothing = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const verifier = new Verifier({ ...nothing, publicKey: () => key }, { tlogThreshold: 0, timestampThreshold: 0 });

let refused = false;
for (const file of files) {
  try {
    const bundle = bundleFromJSON(JSON.parse(readFileSync(file, 'utf8')));
    verifier.verify(toSignedEntity(bundle));
    const { subject, predicateType } = JSON.parse(bundle.content.dsseEnvelope.payload.toString('utf8'));
    console.log(JSON.stringify({ file, verified: true, predicateType, subject }));
  } catch (error) {
    refused = true;
    console.log(JSON.stringify({ file, verified: false, code: error.code ?? error.name, message: error.message }));
  }
}
process.exitCode = refused ? 1 : 0;
