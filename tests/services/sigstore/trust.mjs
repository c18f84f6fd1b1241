// What a client of this instance has to know, in Sigstore's formats.
import { base64 } from './rekor.mjs';

const ECDSA = 'PKIX_ECDSA_P256_SHA_256';

export function documents({ url, fulcioRoot, certificateLog, rekor1, rekor2, tsaChain }) {
  const start = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const validFor = { start };
  const log = (der, details, id) => ({
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(der), keyDetails: details, validFor },
    logId: { keyId: base64(id) },
  });
  const authority = (name, uri, chain) => ({
    subject: { organization: 'sigstore.mock', commonName: name },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: base64(der) })) },
    validFor,
  });
  const trustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(rekor1.publicKey, ECDSA, rekor1.keyId), log(rekor2.publicKey, 'PKIX_ED25519', rekor2.keyId)],
    certificateAuthorities: [authority('sigstore', url, [fulcioRoot])],
    ctlogs: [log(certificateLog.publicKey, ECDSA, Buffer.from(certificateLog.logID))],
    timestampAuthorities: [authority('tsa', `${url}/api/v1/timestamp`, tsaChain)],
  };
  const service = (at, majorApiVersion) => ({ url: at, majorApiVersion, validFor, operator: 'acme' });
  const signingConfig = (version) => ({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(url, 1)],
    oidcUrls: [service(url, 1)],
    rekorTlogUrls: [service(url, version)],
    tsaUrls: [service(`${url}/api/v1/timestamp`, 1)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaConfig: { selector: 'ANY' },
  });
  const trustConfig = (version) => ({
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot,
    signingConfig: signingConfig(version),
  });
  return {
    'trusted_root.json': trustedRoot,
    'signing_config.v1.json': signingConfig(1),
    'signing_config.v2.json': signingConfig(2),
    'trust_config.v1.json': trustConfig(1),
    'trust_config.v2.json': trustConfig(2),
  };
}
