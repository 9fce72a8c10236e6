import { describe, expect } from 'vitest';
import { seedEveryStatus, seedHostileNames } from './seeds/homes.ts';
import { HOSTILE_NAMES } from './seeds/hostile.ts';
import { violationsOf } from './support/accessibility.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedEveryStatus(home);
  await seedHostileNames(home);
});

describe('the frame of the console', () => {
  test('the address that headrace dev prints signs a browser in, once', async ({
    open,
    server,
  }) => {
    const { page, expectProblem } = await open('', { isSignedOut: true });
    expectProblem(/status of 40[13]/);
    await page.getByText('This session has ended').waitFor();
    await page.goto(`${server.origin}/console/#code=wrong`);
    await page.reload();
    await page.getByText('This session has ended').waitFor();
    expect(new URL(page.url()).hash).toBe('');
  });

  test.for(['light', 'dark'] as const)(
    'the list of runs has no violation of axe, %s',
    async (theme, { open }) => {
      const { page } = await open('runs', { theme });
      await page.getByRole('row').nth(3).waitFor();
      expect(await violationsOf(page)).toEqual([]);
    },
  );

  test('names that are markup are shown as they are', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByText(HOSTILE_NAMES[0]).first().waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
  });
});
