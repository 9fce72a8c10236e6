import { z } from 'zod';
import { type Check, mustHold } from '../check.ts';
import { command } from '../runs.ts';

const documentSchema = z.object({
  findings: z.array(z.object({ subject: z.string(), status: z.string(), value: z.string() })),
});

export const doctor: Check = {
  name: 'doctor',
  claim: 'headrace doctor finds nothing to repair',
  needs: [],
  dollars: 0,
  async run(site, signal) {
    const { code, stdout, stderr } = await command(
      site,
      ['doctor', '--mode', 'remote', '--json'],
      signal,
    );
    mustHold(stdout !== '', stderr);
    const { findings } = documentSchema.parse(JSON.parse(stdout));
    const lines = findings.map(({ subject, status, value }) => `${status}: ${subject}: ${value}`);
    // A GPU quota of 0 is a state of the account, not of the deployment.
    const repairs = findings.filter(
      ({ subject, status }) => status === 'fail' && !subject.startsWith('EC2 '),
    );
    mustHold(repairs.length === 0, `exit code ${code}: ${lines.join('; ')}`);
    return lines;
  },
};
