// What a service does instead of its work, as the test tells it over HTTP:
//
//   POST /control {"service": "rekor", "kind": "status", "times": 2, "status": 503, "headers": {}, "body": "busy"}
//
//   down      the connection is closed without an answer         slow     the answer comes after `seconds`, or 60
//   status    `status`, `headers` and `body` instead             garbage  201 and `body`, which is no answer
//   drip      the answer comes byte by byte, for a minute        endless  bytes for a minute, as fast as they go
//   lost      the work is done, and the answer is lost           replay   the answer that the request before it got
//   skew      its clock is `seconds` ahead of this machine's
//
// `times` counts requests; without it the fault stays. `{"kind": "none"}` heals every service.
const faults = new Map();
const seen = new Map();
const last = new Map();

const SILENT = 60; // seconds: longer than any client of a test waits (tests/services/patience.py)

const later = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export const clock = (service) => {
  const fault = faults.get(service);
  return new Date(Date.now() + (fault?.kind === 'skew' ? fault.seconds * 1000 : 0));
};

export const control = (order) => {
  if (order.kind === 'none') {
    faults.clear();
    seen.clear();
  } else {
    faults.set(order.service, order);
  }
};

export const requests = () => Object.fromEntries(seen);

const pour = async (res, block, seconds) => {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  for (const end = Date.now() + SILENT * 1000; !res.destroyed && Date.now() < end; ) {
    if (!res.write(block)) await new Promise((resolve) => res.once('drain', resolve).once('close', resolve));
    await later(seconds);
  }
  res.end();
};

const take = (service) => {
  const fault = faults.get(service);
  if (fault?.times !== undefined && --fault.times < 0) faults.delete(service);
  return faults.get(service);
};

const send = (res, answer) =>
  res.writeHead(answer.status, { 'Content-Type': answer.type ?? 'application/json', ...answer.headers }).end(answer.body);

// Answers one request to `service`: with what `work` gives, or with what the fault in force makes of it.
export async function answer(service, res, work) {
  if (service === null) return send(res, await work());
  seen.set(service, (seen.get(service) ?? 0) + 1);
  const fault = take(service);
  switch (fault?.kind) {
    case 'down':
      return res.destroy();
    case 'status':
      return send(res, { type: 'text/plain', body: '', ...fault });
    case 'garbage':
      return send(res, { status: 201, body: fault.body ?? '\u0000\u0001 neither JSON nor DER {' });
    case 'drip':
      return pour(res, ' ', 0.05);
    case 'endless':
      return pour(res, ' '.repeat(65536), 0);
    case 'replay':
      return send(res, last.get(service) ?? { status: 500, body: 'nothing was answered before' });
    case 'slow':
      await Promise.race([later(fault.seconds ?? SILENT), new Promise((resolve) => res.once('close', resolve))]);
      if (res.destroyed) return;
  }
  const found = await work();
  if (fault?.kind === 'lost') return res.destroy();
  last.set(service, found);
  return send(res, found);
}
