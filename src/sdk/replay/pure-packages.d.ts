/** Packages without types of their own, as far as they are used here. */
declare module 'core-js-pure/actual/url/index.js' {
  const url: typeof import('node:url').URL;
  export default url;
}
declare module 'core-js-pure/actual/url-search-params/index.js' {
  const params: typeof import('node:url').URLSearchParams;
  export default params;
}
