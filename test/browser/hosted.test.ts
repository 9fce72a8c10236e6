import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { type HostedDeployment, serveHosted } from './hosted/deployment.ts';
import { browserTest } from './support/console-test.ts';
import { type GuardedPage, guardedPage } from './support/guarded-page.ts';

const test = browserTest
  .extend<{ readonly deployment: HostedDeployment }>({
    // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other.
    deployment: [async ({}, use) => await serveHosted(use), { scope: 'file' }],
  })
  .extend<{ readonly newPage: () => Promise<GuardedPage> }>({
    newPage: async ({ browser, deployment }, use) => {
      deployment.lifetime = 600;
      const opened: GuardedPage[] = [];
      await use(async () => {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
        context.setDefaultTimeout(30_000);
        const guarded = await guardedPage(context, deployment.origin, deployment.issuer.url);
        opened.push(guarded);
        return guarded;
      });
      const problems = opened.flatMap((each) => each.problems());
      for (const { page } of opened) await page.context().close();
      expect(problems, 'problems that pages reported').toEqual([]);
    },
  });

/** Opens an address of the console, and signs in at the issuer. */
async function openSignedIn(page: Page, { console }: HostedDeployment, path: string) {
  await page.goto(`${console}${path}`);
  await page.getByRole('button', { name: 'Sign in as ada' }).click();
  await page.getByRole('row', { name: /churn-train/u }).waitFor();
}

describe('the console that a deployment serves', () => {
  test('a visitor signs in at the issuer and returns to the address of the visit', async ({
    newPage,
    deployment,
  }) => {
    const { page } = await newPage();
    await openSignedIn(page, deployment, 'runs?status=failed');
    expect(page.url()).toBe(`${deployment.console}runs?status=failed`);
    const stored = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    );
    expect(stored).not.toMatch(/eyJ|headrace\.session|verifier/u);
    expect(await page.context().cookies(deployment.origin)).not.toContainEqual(
      expect.objectContaining({ value: expect.stringContaining('eyJ') }),
    );
  });

  test('a reload signs in again at once, while the session at the issuer lasts', async ({
    newPage,
    deployment,
  }) => {
    const { page } = await newPage();
    await openSignedIn(page, deployment, 'runs');
    await page.reload();
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.goto(deployment.console);
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    expect(page.url()).toBe(`${deployment.console}runs`);
  });

  test('a token that expires soon is renewed', async ({ newPage, deployment }) => {
    // Shorter than the time before the expiry at which the page renews tokens.
    deployment.lifetime = 20;
    const { page } = await newPage();
    const before = deployment.issuer.grants.length;
    await openSignedIn(page, deployment, 'runs');
    await page.getByRole('link', { name: 'Pipelines' }).first().click();
    await page.getByRole('heading', { name: 'Pipelines' }).waitFor();
    const grants = deployment.issuer.grants.slice(before);
    expect(grants.filter((each) => each === 'authorization_code')).toHaveLength(1);
    expect(grants.filter((each) => each === 'refresh_token').length).toBeGreaterThan(0);
  });

  test('a session that the issuer ended is reported, and the user signs in again where they were', async ({
    newPage,
    deployment,
  }) => {
    deployment.lifetime = 20;
    const { page, expectProblem } = await newPage();
    expectProblem(/status of 40[01]/u);
    await openSignedIn(page, deployment, 'runs');
    await deployment.issuer.revokeGrants();
    await page.getByRole('link', { name: 'Pipelines' }).first().click();
    await page.getByRole('heading', { name: 'This session has ended' }).waitFor();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.getByRole('heading', { name: 'Pipelines' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/live/console/pipelines');
  });

  test('a refusal of the issuer is shown, and the user can try again', async ({
    newPage,
    deployment,
  }) => {
    const { page } = await newPage();
    deployment.issuer.refuseNext();
    await page.goto(`${deployment.console}runs`);
    await page.getByText('The issuer refused: Ada has no access today.').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.getByRole('button', { name: 'Sign in as ada' }).click();
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
  });

  test('a code that another page received is refused', async ({ newPage, deployment }) => {
    const { page } = await newPage();
    await page.goto(`${deployment.console}signed-in?code=stolen&state=forged`);
    await page.getByText('The answer of the issuer belongs to no request of this tab.').waitFor();
  });

  test('signing out ends the session here and at the issuer', async ({ newPage, deployment }) => {
    const { page } = await newPage();
    await openSignedIn(page, deployment, 'runs');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'End the session' }).click();
    await page.getByRole('button', { name: 'Sign in as ada' }).waitFor();
  });

  test('the page can send a token to the API and the issuer alone', async ({
    newPage,
    deployment,
  }) => {
    const { page, expectProblem } = await newPage();
    await openSignedIn(page, deployment, 'runs');
    expectProblem(/policy of content|Content Security Policy|connect-src/u);
    const other = 'https://127.0.0.1:1/collect';
    const sent = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'sent',
          (error: unknown) => String(error),
        ),
      other,
    );
    expect(sent).toContain('Failed to fetch');
  });
});
