// The certificate authority: certificates for ten minutes, for whoever shows a token of the issuer next door. Keys, root
// and certificate log are @sigstore/mock's; it only issues certificates for URIs, with one serial number for all.
import crypto from 'node:crypto';

const LIFE = 10 * 60 * 1000;
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';
const ARC = '1.3.6.1.4.1.57264.1.';
const GITHUB = 'https://github.com/';

// Claim → numbers of the extension as raw text and as DER text, and what stands before it, as Fulcio numbers them.
const EXTENSIONS = [
  ['iss', 1, 8, ''],
  ['event_name', 2, 20, ''],
  ['sha', 3, 13, ''],
  ['workflow', 4, null, ''],
  ['repository', 5, null, ''],
  ['ref', 6, 14, ''],
  ['job_workflow_ref', null, 9, GITHUB],
  ['job_workflow_sha', null, 10, ''],
  ['runner_environment', null, 11, ''],
  ['repository', null, 12, GITHUB],
  ['repository_id', null, 15, ''],
  ['repository_owner', null, 16, GITHUB],
  ['repository_owner_id', null, 17, ''],
  ['workflow_ref', null, 18, GITHUB],
  ['workflow_sha', null, 19, ''],
  ['repository_visibility', null, 22, ''],
];

const pem = (der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`;

export class Fulcio {
  constructor({ modules, authority, certificateLog, issuer, clock }) {
    Object.assign(this, { modules, authority, certificateLog, issuer, clock });
  }

  async issue(request, authorization) {
    let claims;
    try {
      claims = this.issuer.check((authorization ?? '').replace(/^Bearer /, ''));
    } catch (error) {
      const message = `There was an error processing the identity token: ${error.message}`;
      return { status: 401, body: JSON.stringify({ code: 16, message }) };
    }
    const csr = Buffer.from(request.certificateSigningRequest, 'base64').toString();
    const leaf = await this.#certificate(new this.modules.x509.Pkcs10CertificateRequest(csr).publicKey, claims);
    const certificates = [pem(leaf), pem(this.authority.rootCertificate)];
    return { status: 201, body: JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates } } }) };
  }

  async #certificate(publicKey, claims) {
    const { x509, engine } = this.modules;
    const now = this.clock();
    const tbs = {
      serialNumber: crypto.randomBytes(15).toString('hex').replace(/^/, '01'),
      notBefore: now,
      notAfter: new Date(now.getTime() + LIFE),
      issuer: 'CN=sigstore,O=sigstore.mock',
      publicKey: await publicKey.export(engine),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
      signingKey: this.authority.keyPair.privateKey,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
        new x509.SubjectAlternativeNameExtension([subject(claims)], true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, engine),
        await x509.AuthorityKeyIdentifierExtension.create(this.authority.keyPair.publicKey, false, engine),
        ...this.#said(claims),
      ],
    };
    const precertificate = await x509.X509CertificateGenerator.create(tbs, engine);
    const sct = Buffer.from(await this.certificateLog.log(precertificate.rawData, await this.authority.issuerID));
    // what the log gives begins with its own length already
    tbs.extensions.push(this.#extension(SCT_LIST, this.#octets(sct)));
    return Buffer.from((await x509.X509CertificateGenerator.create(tbs, engine)).rawData);
  }

  #said(claims) {
    const found = EXTENSIONS.filter(([claim]) => claims[claim] !== undefined).flatMap(([claim, raw, der, before]) => {
      const value = before + claims[claim];
      const text = new this.modules.asn1js.Utf8String({ value }).toBER(false);
      const both = [[raw, Buffer.from(value)], [der, text]];
      return both.filter(([number]) => number !== null).map(([number, bytes]) => this.#extension(ARC + number, bytes));
    });
    const run = claims.run_id && `${GITHUB}${claims.repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}`;
    return run ? [...found, this.#extension(`${ARC}21`, new this.modules.asn1js.Utf8String({ value: run }).toBER(false))] : found;
  }

  #extension(oid, bytes) {
    return new this.modules.x509.Extension(oid, false, bytes);
  }

  #octets(bytes) {
    return new this.modules.asn1js.OctetString({ valueHex: size(bytes, bytes) }).toBER(false);
  }
}

// A TLS vector: two bytes of length before it.
const size = (bytes, ...after) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), ...after]);

// GitHub's tokens name the workflow, people's their address, everybody else's a URI.
const subject = (claims) => {
  if (claims.job_workflow_ref) return { type: 'url', value: GITHUB + claims.job_workflow_ref };
  return claims.email ? { type: 'email', value: claims.email } : { type: 'url', value: claims.sub };
};
