import { type Check, mustHold } from '../check.ts';
import { command, evidenceOf, run } from '../runs.ts';

const STEPS = 50;
const POINTS = 1000;

const SOURCE = `
  import { component, currentStep, pipeline } from 'headrace';
  const train = component({ returnValues: ['seed'] }, async function train(seed: number) {
    for (let iteration = 0; iteration < ${POINTS}; iteration += 1)
      currentStep().logger.reportScalar('loss', 'train', Math.sin(seed + iteration), iteration);
    return seed;
  });
  export const main = pipeline({ name: 'smoke-points', project: 'smoke', version: '1' }, async function main() {
    const seeds = await Promise.all(Array.from({ length: ${STEPS} }, (_, seed) => train(seed)));
    return seeds.length;
  });`;

/** The ordinary sweep whose answer is larger than a function may return. */
export const points: Check = {
  name: 'points',
  claim: `the document of a run with ${STEPS} steps of ${POINTS} points each is complete`,
  needs: ['response limits'],
  dollars: 0.03,
  async run(site, signal) {
    const done = await run(site, SOURCE, signal);
    mustHold(done.status === 'completed', JSON.stringify(done.error));
    const startedAt = Date.now();
    const { code, stdout, stderr } = await command(
      site,
      ['runs', 'show', done.id, '--json'],
      signal,
    );
    mustHold(code === 0, `headrace runs show exited with ${code}: ${stderr}`);
    const reported = done.steps.flatMap(({ metrics }) => metrics.flatMap((each) => each.points));
    mustHold(reported.length === STEPS * POINTS, `${reported.length} points`);
    return [
      ...evidenceOf(done).slice(0, 3),
      `${reported.length} points, ${Buffer.byteLength(stdout)} bytes read in ${Date.now() - startedAt} ms`,
    ];
  },
};
