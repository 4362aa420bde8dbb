import { download } from '../parts/csv.ts';

/** An image on its own has no style sheet: what of it is drawn is written into the copy. */
const DRAWN = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
];
const SCALE = 2;
const PADDING = 20;
const SVG = 'http://www.w3.org/2000/svg';

interface Titled {
  title: string;
  /** Period and source, below. */
  source: string;
}

/** Saves a chart as an image, twice as large, with its title, period and source. */
export async function exportPng(svg: SVGSVGElement, name: string, { title, source }: Titled): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const copy = withStyles(svg);
  copy.setAttribute('xmlns', SVG);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = drawn(image, { width, height, title, source });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob) download(name, blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function withStyles(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll('*')];
  for (const [index, element] of [copy, ...copy.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(originals[index] as Element);
    for (const property of DRAWN) {
      const own = element.getAttribute(property);
      if (own?.startsWith('url(')) continue;
      element.setAttribute(property, style.getPropertyValue(property));
    }
    element.removeAttribute('class');
  }
  return copy;
}

function drawn(image: HTMLImageElement, { width, height, title, source }: Titled & { width: number; height: number }) {
  const canvas = document.createElement('canvas');
  canvas.width = (width + 2 * PADDING) * SCALE;
  canvas.height = (height + 2 * PADDING + 52) * SCALE;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const style = getComputedStyle(document.documentElement);
  const { fontFamily, color } = getComputedStyle(document.body);
  context.scale(SCALE, SCALE);
  context.fillStyle = resolved(style.getPropertyValue('--card'));
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = color;
  context.font = `600 15px ${fontFamily}`;
  context.fillText(title, PADDING, PADDING + 12, width);
  context.drawImage(image, PADDING, PADDING + 24, width, height);
  context.font = `12px ${fontFamily}`;
  context.fillText(source, PADDING, height + PADDING + 46, width);
  return canvas;
}

/** A colour that the page's variables name, as the canvas understands it. */
function resolved(value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
