/** The owner that an engine in another process would be. */
import { processIdentity } from '../../../src/local/jobs/process-identity.ts';
import type { Owner } from '../../../src/local/store/processes.ts';

export function ownerOfProcess(pid: number): Owner {
  return { pid, started: processIdentity(pid)?.startTime ?? '', engine: `engine of ${pid}` };
}
