/** The settings of timers, for the functions that set them. */
import type { Settings } from '../../src/aws/deployment/settings.ts';

export const scheduleTimerSettings = (
  settings: Pick<
    Settings,
    'firingGroup' | 'firingRoleArn' | 'firingsArn' | 'scheduleDeadLettersArn'
  >,
) => ({
  group: settings.firingGroup,
  roleArn: settings.firingRoleArn,
  firingsArn: settings.firingsArn,
  deadLettersArn: settings.scheduleDeadLettersArn,
});
