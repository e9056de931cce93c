/**
 * Imported before anything else. V8 looks for each array and object literal in the code whether nearly all that it made
 * outlived a collection, and from then on has it make them in the old generation. When a burst of requests begins
 * nearly all belong to a request under way, so it takes them for lasting ones, and keeps to that: once it does so with
 * the arrays of two listeners in `events` of Node.js, each of them keeps an answered request until the next full
 * collection, and a request takes 1.6 times the processor time (`make bench`).
 *
 * V8 looks at this flag whenever it collects (src/heap/pretenuring-handler.cc), so it may be set at run time; Node.js
 * does not take it in NODE_OPTIONS.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-allocation-site-pretenuring');
