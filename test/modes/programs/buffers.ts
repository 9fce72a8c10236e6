/** Buffers in the logic, inline and stored as objects. */
import { completes, type Programs } from '../program.ts';

const COMPONENTS = `
  const small = component({}, () => Buffer.from('héllo'));
  const large = component({}, () => Buffer.alloc(50_000, 'a'));
  const bytes = component({}, () => new Uint8Array(50_000));
  const nested = component({}, () => ({ b: Buffer.from([1, 2]), u: new Uint8Array([3]) }));
  const kinds = component({}, (...values: any[]) => values.map((v) => [Buffer.isBuffer(v), v.length, v.toString('hex').slice(0, 4)]));`;

export const BUFFERS: Programs = {
  'buffers that the logic awaits and passes on': {
    source: `${COMPONENTS}
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const [b, l, u, n] = [await small(), await large(), await bytes(), await nested()];
        const inLogic = [b.toString('utf8'), Buffer.isBuffer(b), l.toString('latin1', 0, 3), Buffer.isBuffer(l), Buffer.isBuffer(u), u.constructor.name, Buffer.isBuffer(n.b), Buffer.isBuffer(n.u)];
        return [inLogic, await kinds(b, l, n.b, Buffer.from('ab'), Buffer.concat([b, n.b]))];
      });`,
    outcome: completes([
      ['héllo', true, 'aaa', true, false, 'Uint8Array', true, false],
      [
        [true, 6, '68c3'],
        [true, 50_000, '6161'],
        [true, 2, '0102'],
        [true, 2, '6162'],
        [true, 8, '68c3'],
      ],
    ]),
  },
};
