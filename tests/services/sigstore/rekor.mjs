// Two transparency logs with real Merkle trees: Rekor v1 (ECDSA, promises, proofs) and Rekor v2 (Ed25519 checkpoints).
import crypto from 'node:crypto';

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest();
export const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const spki = (key) => key.export({ format: 'der', type: 'spki' });

// RFC 6962 section 2.1
class Tree {
  leaves = [];

  append(body) {
    return this.leaves.push(sha256(Buffer.from([0]), body)) - 1;
  }

  root(leaves = this.leaves) {
    if (leaves.length === 1) return leaves[0];
    const half = this.#half(leaves.length);
    return sha256(Buffer.from([1]), this.root(leaves.slice(0, half)), this.root(leaves.slice(half)));
  }

  path(index, leaves = this.leaves) {
    if (leaves.length === 1) return [];
    const half = this.#half(leaves.length);
    return index < half
      ? [...this.path(index, leaves.slice(0, half)), this.root(leaves.slice(half))]
      : [...this.path(index - half, leaves.slice(half)), this.root(leaves.slice(0, half))];
  }

  #half(count) {
    let half = 1;
    while (half * 2 < count) half *= 2;
    return half;
  }
}

class Log {
  tree = new Tree();

  constructor(origin, name, keyId, sign) {
    Object.assign(this, { origin, name, keyId, sign });
  }

  // C2SP tlog-checkpoint
  checkpoint() {
    const note = `${this.origin}\n${this.tree.leaves.length}\n${base64(this.tree.root())}\n`;
    const signature = Buffer.concat([this.keyId.subarray(0, 4), this.sign(Buffer.from(note))]);
    return `${note}\n\u2014 ${this.name} ${base64(signature)}\n`;
  }
}

const HASHES = { prime256v1: 'sha256', secp384r1: 'sha384' };

export class RekorV1 {
  #keys = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  #entries = new Map();

  constructor({ host, canonicalize, clock }) {
    this.publicKey = spki(this.#keys.publicKey);
    this.keyId = sha256(this.publicKey);
    this.treeId = crypto.randomBytes(8).toString('hex');
    const decimal = BigInt(`0x${this.treeId}`).toString();
    const sign = (note) => crypto.sign('sha256', note, this.#keys.privateKey);
    this.log = new Log(`${host} - ${decimal}`, host, this.keyId, sign);
    Object.assign(this, { canonicalize, clock });
  }

  submit(proposal) {
    const body = Buffer.from(this.canonicalize(this.#entry(proposal)));
    const uuid = this.treeId + sha256(Buffer.from([0]), body).toString('hex');
    if (this.#entries.has(uuid)) {
      const message = `an equivalent entry already exists in the transparency log with UUID ${uuid}`;
      const headers = { Location: `/api/v1/log/entries/${uuid}` };
      return { status: 409, headers, body: JSON.stringify({ code: 409, message }) };
    }
    this.#entries.set(uuid, { body, index: this.log.tree.append(body), time: Math.floor(this.clock() / 1000) });
    return { status: 201, body: JSON.stringify(this.#answer(uuid)) };
  }

  get(uuid) {
    return this.#entries.has(uuid) ? { status: 200, body: JSON.stringify(this.#answer(uuid)) } : { status: 404, body: '{}' };
  }

  // What Rekor keeps of a proposed `dsse` entry, once the signature holds.
  #entry(proposal) {
    if (proposal.kind === 'hashedrekord') return this.#hashed(proposal.spec);
    if (proposal.kind !== 'dsse') throw new TypeError('only dsse and hashedrekord entries are logged here');
    const { envelope: raw, verifiers } = proposal.spec.proposedContent;
    const envelope = JSON.parse(raw);
    const payload = Buffer.from(envelope.payload, 'base64');
    const type = envelope.payloadType;
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
    const signatures = envelope.signatures.map(({ sig }, number) => {
      const pem = Buffer.from(verifiers[number], 'base64');
      const key = pem.includes('CERTIFICATE') ? new crypto.X509Certificate(pem).publicKey : crypto.createPublicKey(pem);
      const hash = HASHES[key.asymmetricKeyDetails.namedCurve] ?? null;
      if (!crypto.verify(hash, signed, key, Buffer.from(sig, 'base64'))) throw new TypeError('the signature does not fit');
      return { signature: sig, verifier: verifiers[number] };
    });
    const digest = (bytes) => ({ algorithm: 'sha256', value: sha256(bytes).toString('hex') });
    const spec = { envelopeHash: digest(raw), payloadHash: digest(payload), signatures };
    return { apiVersion: '0.0.1', kind: 'dsse', spec };
  }

  // Of a bare signature. Node checks none against a digest alone, so whether it fits is left to whoever verifies.
  #hashed({ data: { hash }, signature: { content, publicKey } }) {
    if (hash.algorithm !== 'sha256' || !/^[0-9a-f]{64}$/.test(hash.value)) throw new TypeError('no SHA-256 digest');
    const { algorithm, value } = hash;
    const spec = { data: { hash: { algorithm, value } }, signature: { content, publicKey: { content: publicKey.content } } };
    return { apiVersion: '0.0.1', kind: 'hashedrekord', spec };
  }

  #answer(uuid) {
    const { body, index, time } = this.#entries.get(uuid);
    // An index over all shards is not the one within the tree: whoever takes one for the other fails.
    const entry = { body: base64(body), integratedTime: time, logID: this.keyId.toString('hex'), logIndex: index + 1000 };
    const promise = crypto.sign('sha256', Buffer.from(this.canonicalize(entry)), this.#keys.privateKey);
    const inclusionProof = {
      checkpoint: this.log.checkpoint(),
      hashes: this.log.tree.path(index).map((hash) => hash.toString('hex')),
      logIndex: index,
      rootHash: this.log.tree.root().toString('hex'),
      treeSize: this.log.tree.leaves.length,
    };
    return { [uuid]: { ...entry, verification: { inclusionProof, signedEntryTimestamp: base64(promise) } } };
  }
}

const ALGORITHMS = { PKIX_ECDSA_P256_SHA_256: 'SHA2_256', PKIX_ECDSA_P384_SHA_384: 'SHA2_384' };

export class RekorV2 {
  #keys = crypto.generateKeyPairSync('ed25519');
  #known = new Set();

  constructor({ host, canonicalize }) {
    this.publicKey = spki(this.#keys.publicKey);
    this.keyId = sha256(host, '\n', Buffer.from([1]), this.publicKey.subarray(-32));
    this.log = new Log(host, host, this.keyId, (note) => crypto.sign(null, note, this.#keys.privateKey));
    this.canonicalize = canonicalize;
  }

  submit({ hashedRekordRequestV002: request }) {
    const algorithm = ALGORITHMS[request.signature.verifier.keyDetails];
    if (!algorithm) throw new TypeError(`unsupported key details ${request.signature.verifier.keyDetails}`);
    const data = { algorithm, digest: request.digest };
    const spec = { hashedRekordV002: { data, signature: request.signature } };
    const body = Buffer.from(this.canonicalize({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }));
    if (this.#known.has(body.toString())) return { status: 409, body: '{"code": 6, "message": "entry already exists"}' };
    this.#known.add(body.toString());
    const index = this.log.tree.append(body);
    const answer = {
      logIndex: String(index),
      logId: { keyId: base64(this.keyId) },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      inclusionProof: {
        logIndex: String(index),
        rootHash: base64(this.log.tree.root()),
        treeSize: String(this.log.tree.leaves.length),
        hashes: this.log.tree.path(index).map(base64),
        checkpoint: { envelope: this.log.checkpoint() },
      },
      canonicalizedBody: base64(body),
    };
    return { status: 201, body: JSON.stringify(answer) };
  }
}
