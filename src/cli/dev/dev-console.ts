/**
 * The console of `headrace dev`: its files, and the sessions of its pages.
 *
 * @module
 */

import { type ConsoleApp, createConsoleApp } from '../../console-server/console-app.ts';
import { consoleFolder, readConsoleFiles } from '../../console-server/console-files.ts';
import {
  bearerTokenOf,
  isSessionToken,
  requireSession,
} from '../../console-server/request-rules.ts';
import { Sessions } from '../../console-server/sessions.ts';
import type { Clock } from '../../ports/clock.ts';
import { type HintTarget, hint } from '../../view/hints.ts';

export interface DevConsoleOptions {
  readonly clock: Clock;
  /** Chooses the home in commands. */
  readonly hintTarget: HintTarget;
  /** Throws for a request without the token of the home. */
  readonly checkToken: (request: Request) => void;
  /** The origin of the request that is handled. */
  readonly origin: () => string;
  /** Default: the built console. */
  readonly folder?: string | undefined;
}

export interface DevConsole {
  readonly app: ConsoleApp;
  /** Whether there are files to serve. */
  readonly isBuilt: boolean;
  /** Throws for a request with neither the token of the home nor a session. */
  authorize(request: Request): void;
  newCode(): string;
}

export function createDevConsole({
  clock,
  hintTarget,
  checkToken,
  origin,
  folder = consoleFolder(),
}: DevConsoleOptions): DevConsole {
  const sessions = new Sessions(clock);
  const command = hint(hintTarget, 'open');
  const files = folder === undefined ? undefined : readConsoleFiles(folder);
  return {
    app: createConsoleApp({
      files,
      sessions,
      config: { signIn: 'code', command, serves: 'home', readOnly: false },
      authorizeCommand: checkToken,
    }),
    isBuilt: files !== undefined,
    authorize: (request) =>
      isSessionToken(bearerTokenOf(request))
        ? requireSession(request, { sessions, origin: origin(), command: `\`${command}\`` })
        : checkToken(request),
    newCode: () => sessions.newCode(),
  };
}
