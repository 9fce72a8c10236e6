import type * as cbor from 'cbor-x/index-no-eval';

declare function load(): typeof cbor;
export = load;
