/**
 * Texts of users: options of `docker run`, durations, versions and names, arguments of a run.
 *
 * @module
 */
import { parseDockerArgs } from '../../../src/model/docker-args.ts';
import { splitArguments } from '../../../src/model/docker-args-syntax.ts';
import { DockerArgsError } from '../../../src/model/docker-settings.ts';
import { HeadraceError } from '../../../src/model/headrace-error.ts';
import {
  nameSchema,
  projectSchema,
  runOfEvaluatorJob,
  versionSchema,
} from '../../../src/model/ids.ts';
import { toMilliseconds } from '../../../src/sdk/duration.ts';
import { DurationError } from '../../../src/sdk/errors.ts';
import { parseArguments } from '../../../src/submit/arguments.ts';
import { mutatedText, randomText } from '../generate/bytes.ts';
import { hostileJson } from '../generate/json.ts';
import { refusedWith, requireEqual, requireThat, type Target } from '../target.ts';

const DOCKER_ARGS = [
  '--cpus 4 -m 16g --env MODE=fast --ulimit nofile=1:2',
  '--gpus 1 --shm-size=512m --tmpfs /tmp:size=64m,noexec',
  "-e 'A=b c' --device /dev/a:/dev/b:rw --volume /a:/b:ro --init",
];

const dockerArgs: Target<string> = {
  name: 'docker-args',
  share: 6,
  generate: (random) =>
    random.chance(0.1) ? randomText(random, 80) : mutatedText(random, random.pick(DOCKER_ARGS)),
  check(text) {
    for (const platform of ['ec2', 'fargate'] as const)
      refusedWith([DockerArgsError], () => parseDockerArgs(text, { platform, gpu: true }));
    const args = refusedWith([DockerArgsError], () => splitArguments(text));
    if (args === undefined) return;
    const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
    requireEqual(splitArguments(quoted), args, 'the list of arguments');
  },
};

const NAMES = ['500ms', '1.5h', '2 m', '1.2.3', '0.1', 'team/forecasts', 'a name', '01hx-0-logic1'];

const names: Target<string> = {
  name: 'durations-versions-names',
  share: 5,
  generate: (random) => mutatedText(random, random.pick(NAMES)),
  check(text) {
    const ms = refusedWith([DurationError], () => toMilliseconds(text));
    requireThat(ms === undefined || (Number.isFinite(ms) && ms >= 0), `${ms} is no duration`);
    const version = versionSchema.safeParse(text);
    if (version.success)
      requireEqual(versionSchema.parse(version.data), version.data, 'the version');
    nameSchema.safeParse(text);
    projectSchema.safeParse(text);
    runOfEvaluatorJob(text);
  },
};

const SIGNATURE: Parameters<typeof parseArguments>[1] = {
  style: 'positional',
  parameters: [
    { name: 'url', type: { kind: 'string' }, optional: false },
    { name: 'size', type: { kind: 'number' }, optional: true, defaultValue: 3 },
    { name: 'rest', type: { kind: 'any' }, optional: true },
  ],
  rest: false,
};

const runArguments: Target<readonly string[]> = {
  name: 'run-arguments',
  share: 3,
  generate: (random) => [
    random.chance(0.8) ? 'url=x' : mutatedText(random, 'Args/url=https://host.example'),
    random.chance(0.5)
      ? mutatedText(random, 'size=5')
      : `rest=${hostileJson(random, [{ a: [1] }])}`,
  ],
  check: (texts) => void refusedWith([HeadraceError], () => parseArguments(texts, SIGNATURE, {})),
};

export const SETTING_TARGETS: readonly Target[] = [dockerArgs, names, runArguments];
