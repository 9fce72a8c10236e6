/**
 * The arithmetic of the price model.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../bench/aws/ledger.ts';
import { chunksOf, dollarsOf, invocation, PRICES } from '../../../bench/aws/prices.ts';
import { median, quantile } from '../../../bench/aws/samples.ts';

describe('prices', () => {
  it('a million requests of each kind cost their listed price', () => {
    const million = 1_000_000;
    expect(dollarsOf({ 'sqs.fifo': million })).toBeCloseTo(0.5);
    expect(dollarsOf({ 'sqs.standard': million })).toBeCloseTo(0.4);
    expect(dollarsOf({ 'dynamodb.write': million })).toBeCloseTo(0.625);
    expect(dollarsOf({ 'dynamodb.read': million })).toBeCloseTo(0.125);
    expect(dollarsOf({ 's3.put': million })).toBeCloseTo(5);
    expect(dollarsOf({ 's3.get': million })).toBeCloseTo(0.4);
    expect(dollarsOf({ 'api.request': million })).toBeCloseTo(3.5);
  });

  it('an invocation costs one request, and memory for its duration', () => {
    expect(invocation(200, 0.5)).toEqual({ 'lambda.request': 1, 'lambda.gbSecond': 0.1 });
    expect(dollarsOf(invocation(200, 0.5))).toBeCloseTo(
      PRICES['lambda.request'] + 0.1 * PRICES['lambda.gbSecond'],
      12,
    );
  });

  it('a function on x86 costs a quarter more for its time than one on arm', () => {
    const time = (architecture: 'arm64' | 'x86_64') =>
      dollarsOf(invocation(1000, 1, architecture)) - PRICES['lambda.request'];
    expect(time('x86_64') / time('arm64')).toBeCloseTo(1.25, 4);
  });

  it('a message is charged per 64 KB, at least once', () => {
    expect([0, 1, 65_536, 65_537, 200_000].map(chunksOf)).toEqual([1, 1, 1, 2, 4]);
  });

  it('a step of an awaited chain costs as much as the protocol states', () => {
    // Two messages, each sent, received and deleted; two turns, one of which submits; one
    // evaluation; one code that is read.
    const messages = dollarsOf({ 'sqs.fifo': 6 });
    const functions =
      dollarsOf(invocation(15, 0.5)) +
      dollarsOf(invocation(200, 0.5)) +
      dollarsOf(invocation(10, 0.5));
    expect(messages * 1000).toBeCloseTo(0.003, 6);
    expect(functions * 1000).toBeCloseTo(0.0021, 4);
    expect(dollarsOf({ 'dynamodb.write': 5 }) * 1000).toBeCloseTo(0.0031, 4);
  });
});

describe('the ledger', () => {
  it('the ledger counts requests and units by caller', () => {
    const ledger = new Ledger();
    ledger.add('SQS', 'SendMessageBatch', 'runner', { 'sqs.fifo': 1 });
    ledger.add('SQS', 'SendMessageBatch', 'runner', { 'sqs.fifo': 2 });
    ledger.add('SQS', 'SendMessageBatch', 'controller', { 'sqs.standard': 1 });
    const statement = ledger.statement();
    expect(statement.requests).toBe(3);
    expect(statement.units('sqs.fifo')).toBe(3);
    expect(statement.count(({ by }) => by === 'runner')).toBe(2);
    expect(statement.dollars).toBeCloseTo(3 * 0.5e-6 + 0.4e-6, 15);
  });

  it('the ledger returns the difference between two statements', () => {
    const ledger = new Ledger();
    ledger.add('S3', 'GetObject', 'runner', { 's3.get': 1 });
    const before = ledger.statement();
    ledger.add('S3', 'GetObject', 'runner', { 's3.get': 1 });
    ledger.add('S3', 'PutObject', 'controller', { 's3.put': 1 });
    const since = ledger.statement().since(before);
    expect(since.requests).toBe(2);
    expect(since.units('s3.get')).toBe(1);
    expect(before.requests).toBe(1);
    expect(ledger.statement().since(ledger.statement()).lines).toEqual([]);
  });
});

describe('measured figures', () => {
  it('the median is the middle of an odd number of samples, and a quantile is one of the samples', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(quantile([7], 0.5)).toBe(7);
    expect(() => median([])).toThrow(RangeError);
  });
});
