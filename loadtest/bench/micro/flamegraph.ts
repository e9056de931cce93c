import { escapeHtml } from '@sightline/app/src/openapi/page.ts';
import { anonymous, type Call, type CallTree, type CodeKind, functionsBySelfTime } from './call-tree.ts';

/** All lengths are pixels. */
const width = 1200;
const margin = 10;
const rowHeight = 17;
const headerHeight = 66;
/** A narrower call, and so all that it called, is left out: nobody sees it, and a profile has thousands of them. */
const narrowest = 0.5;
const fontSize = 11;
/** Width of a letter: that of the widest monospaced font that browsers have. */
const letterWidth = fontSize * 0.61;
/** A call narrower than this many letters shows nothing of its name. */
const minLetters = 3;

const kinds: Readonly<Record<CodeKind, { readonly colour: string; readonly label: string }>> = {
  ours: { colour: '#f4a259', label: 'our code' },
  dependency: { colour: '#f2d16b', label: 'dependencies' },
  node: { colour: '#9cc69b', label: 'Node.js' },
  native: { colour: '#a9bcd8', label: 'V8, native code, garbage collection' },
};

/** Text for XML, which knows few control characters and no lone surrogates, not even escaped. */
const toXml = (text: string) =>
  escapeHtml(text.toWellFormed().replace(/[^\P{Cc}\n]|[\uFFFE\uFFFF]/gu, '\uFFFD'));

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

/** The label of a call's box: a function without a name is named by its place. */
const labelOf = ({ name, place }: Call) => (name === anonymous && place.split('/').at(-1)) || name;

/** Cuts a name to the part that fits. */
function fit(name: string, space: number): string {
  const letters = Math.floor(space / letterWidth);
  if (letters < minLetters) return '';
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}

/** A call with the place it is drawn at. */
interface Frame {
  readonly call: Call;
  readonly x: number;
  readonly width: number;
  /** 0 is the root's row, the lowest. */
  readonly depth: number;
}

/** Places the calls: each as wide as its share of the samples, above the one that called it. */
function layOut(root: Call): Frame[] {
  const scale = (width - 2 * margin) / root.total;
  const frames: Frame[] = [];
  function place(call: Call, x: number, depth: number): void {
    const frame = { call, x, width: call.total * scale, depth };
    if (frame.width < narrowest) return;
    frames.push(frame);
    let from = x;
    for (const child of call.children) {
      place(child, from, depth + 1);
      from += child.total * scale;
    }
  }
  place(root, margin, 0);
  return frames;
}

function drawFrame({ call, x, width: wide, depth }: Frame, height: number, samples: number): string {
  const y = height - margin - (depth + 1) * rowHeight;
  const place = call.place && ` ${call.place}`;
  const title =
    `${call.name}${place}\n${call.total} samples, ${percent(call.total, samples)}; ` +
    `in itself ${call.self}, ${percent(call.self, samples)}`;
  const text = toXml(fit(labelOf(call), wide - 6));
  return (
    `<g class="call"><title>${toXml(title)}</title>` +
    `<rect x="${x.toFixed(2)}" y="${y}" width="${wide.toFixed(2)}" height="${rowHeight - 1}" rx="1.5" fill="${kinds[call.kind].colour}"/>` +
    `${text && `<text x="${(x + 3).toFixed(2)}" y="${y + 12}">${text}</text>`}</g>`
  );
}

/** The colours, and what share of the samples each kind of code had itself. */
function drawLegend(tree: CallTree): string {
  const functions = functionsBySelfTime(tree);
  let x = margin;
  return Object.entries(kinds)
    .map(([kind, { colour, label }]) => {
      const self = functions.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.self, 0);
      const text = `${label} ${percent(self, tree.root.total)}`;
      const drawn = `<rect x="${x}" y="46" width="11" height="11" fill="${colour}"/><text x="${x + 16}" y="56">${text}</text>`;
      x += 16 + Math.ceil(text.length * letterWidth) + 24;
      return drawn;
    })
    .join('\n');
}

/**
 * Draws a flame graph as SVG: what was called lies above its caller, widths are samples, the widest first. Pointing
 * at a call shows its whole name, file and numbers.
 * @throws Error when the process was idle in all samples
 */
export function flameGraph(tree: CallTree, heading: string): string {
  const { root, idle } = tree;
  if (root.total === 0) throw new Error('The process was idle all the time: there is nothing to draw.');
  const frames = layOut(root);
  const height = headerHeight + margin + rowHeight * (Math.max(...frames.map(({ depth }) => depth)) + 1);
  const all = root.total + idle;
  const about = `${root.total} samples at work; idle in ${idle} more (${percent(idle, all)} of all), left out here`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}">
<style>.call:hover rect { stroke: #222 } text { fill: #222; pointer-events: none; white-space: pre }</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${margin}" y="20" font-size="15" font-weight="bold">${toXml(heading)}</text>
<text x="${margin}" y="38">${about}</text>
${drawLegend(tree)}
${frames.map((frame) => drawFrame(frame, height, root.total)).join('\n')}
</svg>
`;
}
