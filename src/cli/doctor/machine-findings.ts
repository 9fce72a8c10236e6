/**
 * Checks whether this machine can run pipelines: Node.js, the home, the engine, Docker.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadEngine } from '../../launch/load-engine.ts';
import { describeThrown } from '../../model/describe-thrown.ts';
import { PlugAndPlayError } from '../../submit/node-modules.ts';
import { formatSize } from '../../view/format.ts';
import type { Finding } from './finding.ts';

/** The oldest Node.js that the package accepts. */
const OLDEST_NODE = [20, 19] as const;

const LOW_DISK_BYTES = 2 * 1024 ** 3;
const FULL_DISK_BYTES = 200 * 1024 ** 2;
const DOCKER_TIMEOUT_MS = 5000;

export function nodeFinding(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  return {
    subject: 'Node.js',
    status: isOld ? 'fail' : 'ok',
    value: version,
    needed: `${OLDEST_NODE.join('.')} or newer`,
    ...(isOld ? { advice: ['install a newer Node.js: https://nodejs.org'] } : {}),
  };
}

/** Whether runs can be stored in the home. A home that does not exist is not created. */
export async function homeFindings(home: string): Promise<readonly Finding[]> {
  const { folder, exists } = await nearestFolder(home);
  const isWritable = await canWrite(folder);
  const value = exists ? home : `${home} (the first run creates it)`;
  const writable: Finding = isWritable
    ? { subject: 'home', status: 'ok', value }
    : {
        subject: 'home',
        status: 'fail',
        value: `${folder} is not writable`,
        advice: [
          'make it writable for this user, or name another folder with --home or HEADRACE_HOME',
        ],
      };
  return [writable, await diskFinding(folder)];
}

async function nearestFolder(path: string): Promise<{ folder: string; exists: boolean }> {
  for (let folder = path; ; folder = dirname(folder)) {
    const exists = await access(folder).then(
      () => true,
      () => false,
    );
    if (exists || dirname(folder) === folder) return { folder, exists: folder === path };
  }
}

const canWrite = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );

async function diskFinding(folder: string): Promise<Finding> {
  const subject = 'free disk space';
  try {
    const { bavail, bsize } = await statfs(folder);
    return freeSpaceFinding(bavail * bsize);
  } catch (error) {
    return { subject, status: 'unknown', value: describeThrown(error) };
  }
}

export function freeSpaceFinding(bytes: number): Finding {
  const status = bytes < FULL_DISK_BYTES ? 'fail' : bytes < LOW_DISK_BYTES ? 'warn' : 'ok';
  return {
    subject: 'free disk space',
    status,
    value: formatSize(bytes),
    needed: formatSize(LOW_DISK_BYTES),
    ...(status === 'ok'
      ? {}
      : {
          advice: [
            '`headrace disk` shows what uses space in the home, `headrace gc --older-than 30d` removes old runs',
          ],
        }),
  };
}

/** Starts the engine on a temporary home, and stops it. */
export async function engineFinding(): Promise<Finding> {
  const subject = 'engine';
  const home = await mkdtemp(join(tmpdir(), 'headrace-doctor-'));
  try {
    const startedAt = performance.now();
    const engine = await loadEngine({ home });
    await engine.close();
    const ms = Math.round(performance.now() - startedAt);
    return { subject, status: 'ok', value: `starts and stops in ${ms} ms` };
  } catch (error) {
    return {
      subject,
      status: 'fail',
      value: error instanceof PlugAndPlayError ? 'no node_modules' : describeThrown(error),
      advice: [
        error instanceof PlugAndPlayError
          ? error.message
          : 'install the packages again, with optional ones: the database of runs is a binary for this system and processor',
      ],
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Only steps with an image need Docker, so its absence is no fault. */
export async function dockerFinding(command = 'docker'): Promise<Finding> {
  const subject = 'Docker';
  const version = await new Promise<string | undefined>((resolve) => {
    execFile(
      command,
      ['version', '--format', '{{.Server.Version}}'],
      { timeout: DOCKER_TIMEOUT_MS },
      (error, stdout) => resolve(error === null ? stdout.trim() : undefined),
    );
  });
  return {
    subject,
    status: 'ok',
    value:
      version === undefined || version === ''
        ? 'no engine is available; steps run without one'
        : version,
  };
}
