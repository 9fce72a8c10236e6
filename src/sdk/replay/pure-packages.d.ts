/** The types of packages without own types, as far as they are used. */
declare module 'core-js-pure/actual/url/index.js' {
  const url: typeof import('node:url').URL;
  export default url;
}
declare module 'core-js-pure/actual/url-search-params/index.js' {
  const params: typeof import('node:url').URLSearchParams;
  export default params;
}
