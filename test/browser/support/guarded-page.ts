/**
 * A page that records what must not happen: errors in its console, violations of the policy of content,
 * uncaught errors, and requests to another origin.
 *
 * @module
 */
import type { BrowserContext, Page } from 'playwright-core';

export interface GuardedPage {
  readonly page: Page;
  /** What happened although it must not, unless a test expected it. */
  problems(): readonly string[];
  /** Problems that match are not counted, as `/status of 404/`. */
  expectProblem(pattern: RegExp): void;
}

/** @param origins to which the page may send requests */
export async function guardedPage(
  context: BrowserContext,
  ...origins: readonly string[]
): Promise<GuardedPage> {
  const page = await context.newPage();
  const problems: string[] = [];
  const expected: RegExp[] = [];
  await page.addInitScript(() => {
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sample }) => {
        console.error(`policy of content: ${violatedDirective} ${blockedURI} ${sample}`);
      },
    );
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    const isOwn = origins.some((origin) => url.startsWith(`${origin}/`));
    if (!isOwn && !/^(data|blob|about):/.test(url))
      problems.push(`request to another origin: ${url}`);
  });
  return {
    page,
    problems: () => problems.filter((text) => !expected.some((each) => each.test(text))),
    expectProblem: (pattern) => {
      expected.push(pattern);
    },
  };
}
