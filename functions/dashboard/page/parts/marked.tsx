/** Around what stands out in a sentence; no text that is sent has them. */
const OPEN = '\u0001';
const CLOSE = '\u0002';

export const marked = (text: string): string => `${OPEN}${text}${CLOSE}`;

/** How many days something took is no figure of its own. */
const DAYS = new RegExp(`${OPEN}([^${CLOSE}]*)${CLOSE}(?= days?\\b)`, 'g');

/** A sentence with what was marked in bold. */
export function Marked({ text }: { text: string }) {
  return (
    <>
      {text
        .replace(DAYS, '$1')
        .split(OPEN)
        .map((piece, place) => {
          const [bold, rest] = place === 0 ? ['', piece] : piece.split(CLOSE, 2);
          return (
            <span key={place}>
              {bold && <b>{bold}</b>}
              {rest}
            </span>
          );
        })}
    </>
  );
}
