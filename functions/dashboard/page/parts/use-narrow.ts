import { useEffect, useState } from 'preact/hooks';

/** As in styles/narrow.css. */
const NARROW = '(max-width: 44rem)';

/** Whether the screen is a phone's. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const read = () => setNarrow(media.matches);
    media.addEventListener('change', read);
    return () => media.removeEventListener('change', read);
  }, []);
  return isNarrow;
}
