/** Every journey, under the name that k6 runs it by. */
export { importer } from './importer.ts';
export { mistaken } from './mistakes.ts';
export { newcomer } from './newcomer.ts';
export { reader } from './reader.ts';
export { returner } from './returner.ts';
export { worker } from './worker.ts';
