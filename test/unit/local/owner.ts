/** The identity of an engine in another process. */
import { processIdentity } from '../../../src/local/jobs/process-identity.ts';
import type { RunOwner } from '../../../src/local/store/owner-identity.ts';

export function ownerOfProcess(pid: number): RunOwner {
  return { pid, startTime: processIdentity(pid)?.startTime ?? '', engineId: `engine of ${pid}` };
}
