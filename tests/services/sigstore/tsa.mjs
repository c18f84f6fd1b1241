// RFC 3161 over HTTP in front of @sigstore/mock's authority, which takes JSON, small nonces and fractions of seconds.
import crypto from 'node:crypto';

export class Timestamps {
  constructor({ modules, authority, clock }) {
    Object.assign(this, { modules, authority });
    const { asn1js } = modules;
    // sigstore-js calls some fractions "invalid time"
    authority.getCurrentTime = () => new Date(Math.floor(clock() / 1000) * 1000);
    const info = authority.tstInfo.bind(authority);
    authority.tstInfo = (request) => {
      const made = info(request);
      made.nonce = request.exactNonce;
      made.serialNumber = new asn1js.Integer({ valueHex: Buffer.concat([Buffer.from([1]), crypto.randomBytes(8)]) });
      return made;
    };
  }

  async answer(der) {
    const { asn1js, pkijs } = this.modules;
    const request = new pkijs.TimeStampReq({ schema: asn1js.fromBER(new Uint8Array(der)).result });
    const body = await this.authority.timestamp({
      artifactHash: Buffer.from(request.messageImprint.hashedMessage.valueBlock.valueHexView),
      hashAlgorithmOID: request.messageImprint.hashAlgorithm.algorithmId,
      policyOID: request.reqPolicy || '1.3.6.1.4.1.57264.2',
      certReq: request.certReq ?? false,
      exactNonce: request.nonce,
      nonce: 1,
    });
    return { status: 201, type: 'application/timestamp-reply', body };
  }
}
