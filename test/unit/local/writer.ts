/** A program that writes commits to a store: `writer.ts <home> <run> <commits>`. */
import { openStore } from '../../../src/local/store/store.ts';
import {
  aCommit,
  aCompletedStep,
  aHead,
  anInfo,
  aStep,
  runId,
  sleepEnded,
} from '../../conformance/records.ts';

const [home = '', run = '', commits = ''] = process.argv.slice(2);
const id = runId(Number(run));
const store = openStore(home);
let { head } = await store.tasks.createRun(anInfo(id), aHead(id));
const shared = { run: id, call: 0 };
for (let n = 0; n < Number(commits); n += 1) {
  const changed = n === 0 ? [] : [aCompletedStep(n - 1)];
  const commit = aCommit(head, {
    created: [aStep(n)],
    changed,
    events: [sleepEnded(n)],
    signatures: [`s${n}`],
    edges: n === 0 ? [] : [{ parent: n - 1, child: n }],
  });
  await store.tasks.commit(id, commit);
  head = commit.head;
  if ((await store.cache.acquire('shared', shared)).held)
    await store.cache.release('shared', shared);
  process.stdout.write(`${head.revision}\n`);
}
store.close();
