declare function load(): { readonly Buffer: typeof Buffer };
export = load;
