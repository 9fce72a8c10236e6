import { afterAll, beforeAll, expect, it } from 'vitest';
import { headrace } from './client.ts';
import { type RoleCloud, startRoleCloud } from './cloud.ts';

let cloud: RoleCloud;
beforeAll(async () => {
  cloud = await startRoleCloud(
    { projects: { examples: { secrets: ['examples/key'] }, 'team/other': {} } },
    { 'examples/key': 'a text', 'other/key': 'not yours' },
  );
}, 120_000);
afterAll(() => cloud?.stop());

it('runs', { timeout: 100_000 }, async () => {
  const r = await headrace(cloud, 'run', 'examples/iris/pipeline.ts', '--json');
  const seen = new Map<string, number>();
  for (const { role, service, operation, verdicts, refused } of cloud.recorded) {
    const key = `${role} ${service}:${operation} ${verdicts.join()} ${refused}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  console.log(
    [...seen]
      .sort()
      .map(([k, v]) => `${v} ${k}`)
      .join('\n'),
  );
  for (const [n, f] of Object.entries(cloud.functions)) console.log(n, f.lines.slice(-15).join('\n'));
  console.log(r.code, r.stdout.slice(0, 2000), r.stderr);
  expect(r.code).toBe(0);
});
