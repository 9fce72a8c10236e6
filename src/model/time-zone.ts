/**
 * The time zone of logic and steps, in every mode and whatever that of the machine is: a date that
 * one of them makes is the same for the others.
 */
export const TIME_ZONE = 'UTC';
