import { chmod, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { storeCode } from '../../../src/local/stored-code.ts';
import { temporaryHomes } from './home.ts';

const { home } = temporaryHomes();

it.each(['', 'rubbish', 'export default 2', 'export default 1; more'])(
  'code under whose hash the store has %j is stored again',
  async (damaged) => {
    const objects = createFileObjects(home());
    const texts = new Map([['code/a.mjs', 'export default 1']]);
    await storeCode(objects, texts);
    await chmod(objects.path('code/a.mjs'), 0o600);
    await writeFile(objects.path('code/a.mjs'), damaged);
    await storeCode(objects, texts);
    expect(Buffer.from(await objects.get('code/a.mjs', 100)).toString()).toBe('export default 1');
  },
);
