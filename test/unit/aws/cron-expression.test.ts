import { describe, expect, it } from 'vitest';
import { cronExpression } from '../../../src/aws/timers/cron-expression.ts';

describe('cron expressions in the form of EventBridge Scheduler', () => {
  it.each([
    ['* * * * *', 'cron(* * * * ? *)'],
    ['0 3 * * *', 'cron(0 3 * * ? *)'],
    ['*/15 9-17 * * *', 'cron(0/15 9,10,11,12,13,14,15,16,17 * * ? *)'],
    ['0-30/10,45 0 1,15 * *', 'cron(0,10,20,30,45 0 1,15 * ? *)'],
    ['0 0 */2 */3 *', 'cron(0 0 1/2 1/3 ? *)'],
    ['0 0 1 jan-mar,12 *', 'cron(0 0 1 1,2,3,12 ? *)'],
    ['0 3 * * 1-5', 'cron(0 3 ? * MON,TUE,WED,THU,FRI *)'],
    ['0 3 * * 0', 'cron(0 3 ? * SUN *)'],
    ['0 3 * * 7', 'cron(0 3 ? * SUN *)'],
    ['0 3 * * 5-7', 'cron(0 3 ? * FRI,SAT,SUN *)'],
    ['0 3 * * sun,Sat', 'cron(0 3 ? * SUN,SAT *)'],
    ['0 3 * * */3', 'cron(0 3 ? * SUN,WED,SAT *)'],
  ])('%s is %s: weekdays by name, and one of the two days open', (cron, expected) => {
    expect(cronExpression(cron)).toBe(expected);
  });
});
