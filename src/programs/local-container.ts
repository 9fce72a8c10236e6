/**
 * The program of a step's container on a developer's machine (`headrace run --containers`): the
 * supervisor of AWS, with messages through standard input and descriptor 3, and with the home's
 * objects as a mounted folder. Started with `step <home> <owner>` it is the process of the step itself.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOwnedObjects } from '../local/containers/owned-objects.ts';
import { LOCAL_CONTAINER_VARIABLES } from '../model/container.ts';
import { serveAttempt } from '../runner/attempt-process.ts';
import { serveChannel } from '../runner/container/channel-container.ts';

const CHANNEL_DESCRIPTOR = 3;

/** Only root can write files of another user. */
const ownerFor = (owner: string | undefined): string | undefined =>
  process.getuid?.() === 0 ? owner : undefined;

const [, , role, home = '', owner = ''] = process.argv;
if (role === 'step') {
  serveAttempt({
    objects: () => createOwnedObjects(home, ownerFor(owner)),
    codeFolder: (assignment) => assignment.home,
    downloadsFolder: ({ temporaryDirectory }) => join(temporaryDirectory, 'downloads'),
    materialize: async () => (text) => text,
  });
} else {
  const ownHome = process.env[LOCAL_CONTAINER_VARIABLES.home] ?? '';
  const ownOwner = process.env[LOCAL_CONTAINER_VARIABLES.owner] ?? '';
  serveChannel({
    input: process.stdin,
    output: createWriteStream('', { fd: CHANNEL_DESCRIPTOR }),
    objects: createOwnedObjects(ownHome, ownerFor(ownOwner)),
    environment: process.env,
    program: [fileURLToPath(import.meta.url), 'step', ownHome, ownOwner],
    exit: (code) => process.exit(code),
  });
}
