/** esbuild gathers style sheets that scripts import. */
declare module '*.css';
