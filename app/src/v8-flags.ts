/**
 * Imported before anything else. V8 looks for each array and object literal in the code whether nearly all that it made
 * outlived a collection, and from then on has it make them in the old generation. When a burst of requests begins
 * nearly all belong to a request under way, so it takes them for lasting ones, and keeps to that: once it does so with
 * the arrays of two listeners in `events` of Node.js, each of them keeps an answered request until the next full
 * collection. Of six processes under loads of 2 s on 64 connections, five came to take 1.5 to 1.9 times the processor time
 * for a request, and stayed so; with this none of six did (2026-11-30, the service of `make bench`).
 *
 * V8 looks at this flag whenever it collects (src/heap/pretenuring-handler.cc), so it may be set at run time; Node.js
 * does not take it in NODE_OPTIONS.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-allocation-site-pretenuring');
