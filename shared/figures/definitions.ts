/**
 * A site is active for so many days from its last report on, that day included. Clients report every 7 or 14 days, so this
 * forgives one report that did not arrive.
 */
export const ACTIVE_DAYS = 30;

/** A day is complete when it has ended and was rebuilt so long after its end: what is on its way at midnight has arrived. */
export const COMPLETE_AFTER_MS = 3_600_000;
/** Figures are shown as late when the last rebuild is older. */
export const STALE_AFTER_MS = 2 * 3_600_000;

/** Cohorts of retention: so many days each, from a Monday on. */
export const COHORT_DAYS = 14;
export const FIRST_COHORT_DAY = '2024-01-01';
/** Days since the first report at which retention is read. */
export const RETENTION_AGES = [14, 28, 56, 84, 168, 252, 364] as const;

/** Days since the first report, both included; the last band has no end. */
export const AGE_BANDS = [
  { name: '0-1', fromDay: 0, toDay: 1 },
  { name: '2-13', fromDay: 2, toDay: 13 },
  { name: '14-89', fromDay: 14, toDay: 89 },
  { name: '90+', fromDay: 90, toDay: null },
] as const;
export type AgeBand = (typeof AGE_BANDS)[number]['name'];

/** A rate is so many leaves per `sites` sites in `days` days; with fewer leaves or sites it is too few to tell. */
export const RATE = { sites: 100, days: 30, leastLeaves: 5, leastSites: 30 } as const;
/** A share of fewer sites carries its interval. */
export const SURE_SITES = 1000;
/** Up to so many leaves a test of two rates is exact. */
export const EXACT_LEAVES = 500;

/** Adoption now looks at the fewest of these days that hold so many reports, or at all of them. */
export const ADOPTION_NOW = { mostDays: 7, reports: 200 } as const;
/** A release is adopted by half at this share of adoption now. */
export const HALF = 0.5;
export const RELEASES = {
  /** Without the author's word, a release is of the first day that so many counted sites reported it that had reported before, */
  sitesOfFirstDay: 3,
  /** and is one once such a share of the active sites ran it: anybody can report any version, of a few sites or of made-up ones. */
  leastShare: 0.01,
  /** Adoption is followed for so many days. */
  followedDays: 60,
  /** The usual days to half are of the releases of so many months … */
  medianMonths: 12,
  /** … that are out for so many days, */
  medianLeastDays: 30,
  /** and of no fewer than these. */
  medianLeast: 3,
} as const;

/** A release is compared with the one before on these days after it, and on no other: each look is another chance to err. */
export const RELEASE_ALERT = {
  lookDays: [2, 4, 7, 14],
  leastRatio: 1.25,
  p: 0.0025,
  leastLeaves: 10,
  weakBelowSites: 1000,
} as const;

/** What goes with leaving: over so many complete days, of so many values, with this share of false findings. */
export const NEIGHBOURS = { days: 90, kept: 1000, falseFindings: 0.1 } as const;

/** When a version can be dropped; shares of 1. */
export const DROP = {
  weeks: 26,
  leastWeeks: 8,
  leastSites: 500,
  band: 0.8,
  mostYears: 3,
  threshold: { usual: 0.05, least: 0.001, most: 0.2 },
} as const;

/** What a project's documents hold at most; longer values are cut, further ones are counted together. */
export const KEPT = { values: 200, valueCharacters: 100, plugins: 50, documentBytes: 1_000_000 } as const;

/** A rebuild is unsure of itself when it is off from the count of the sites by more than both. */
export const SELF_CHECK = { share: 0.02, sites: 20 } as const;
/** A rebuild does so many late days, the oldest first; the others wait for the next. */
export const LATE_DAYS_OF_A_RUN = 40;
/** A rebuild that does not end holds up the next one for so long. */
export const LEASE_MS = 30 * 60_000;
/** What needs reports of many days is made once a day, by the first rebuild after this hour (UTC). */
export const DAILY_HOUR = 2;

const percent = (share: number) => `${share * 100} %`;
const { lookDays } = RELEASE_ALERT;
const looks = `${lookDays.slice(0, -1).join(', ')} and ${lookDays.at(-1)}`;

/** What the page says under "How this is counted", by figure. The ids are part of the API. */
export const definition = {
  day: 'Days are UTC dates of when a report arrived. A day is complete an hour after its end; today is shown apart and enters no comparison.',
  counted:
    'A site counts when it is in production, has sent at least one report with consent, and is no copy of another. Staging, local and preview sites are counted apart.',
  copies:
    'A site is a copy while another active site of the project, first seen earlier, is the same in all but its address. Copies are set aside until they differ.',
  active: `Sites that reported within the last ${ACTIVE_DAYS} days and sent no deactivation after that report, at the end of the day. Sites report every 7 or 14 days, so one report may fail to arrive.`,
  new: 'Sites whose first report with consent arrived on this day. A deactivation alone makes no new site.',
  left: 'Sites that were active and whose last message of this day is a deactivation. A site that comes and leaves on one day is in both numbers.',
  silent: `Sites that were active and went silent: their last report is ${ACTIVE_DAYS} days old, and no deactivation came. Silent is not left: a skipped dialog, WP-CLI and a broken cron look the same.`,
  reactivated: 'Sites that had left and report again. A site reports up to two weeks after it is switched on again.',
  resumed: 'Sites that had gone silent and report again.',
  net: 'Active sites less those of the day before: new, reactivated and resumed sites and copies that count again, less those that left, that went silent and that were set aside as copies.',
  deactivations:
    'All deactivations that production sites sent, but those of copies; two of a site within a second are one. Those by sites that never sent a report are included; they enter no rate. A list of them has the latest one of each site, those of copies too, and so other numbers.',
  optInRate:
    'Of the sites that answered for the first time in this period, the share that said yes: new sites / (new sites + first refusals). A refusal by a site that had agreed or refused before is no first answer.',
  withdrawn:
    'Sites that had agreed and then withdrew their consent in this period. They are not part of the opt-in rate.',
  releaseDay: `A version is a release when the author gave its day, or once ${percent(RELEASES.leastShare)} of the active sites ran it and ${RELEASES.sitesOfFirstDay} counted sites that had reported before reported it on one day: anybody can report any version, of made-up sites too. Its day is the one that the author gave, else the first such day.`,
  adoptionNow: `Of the sites that were there before the release and reported in the last days, the share on this version or a newer one. The last days are the fewest since the release, ${ADOPTION_NOW.mostDays} at most, that hold ${ADOPTION_NOW.reports} reports.`,
  adoptionKnown:
    'Of all active sites, the share whose last report says this version or a newer one. It lags by about a week, since the last report of a site is 6 days old on average.',
  daysToHalf: `The first day after the release on which adoption now is ${percent(HALF)} or more; none until then.`,
  medianDaysToHalf: `The median of the days to half over the releases of the last ${RELEASES.medianMonths} months that are out for ${RELEASES.medianLeastDays} days or more. A release that half has not reached counts as the slowest. It takes ${RELEASES.medianLeast} releases.`,
  retention: `Sites, copies included, in groups of ${COHORT_DAYS} days by their first report. The share that was seen at this age or later, or is still active. A cell appears once ${ACTIVE_DAYS} more days have shown who went silent.`,
  deactivationRate: `Of ${RATE.sites} sites at risk, how many send a deactivation in ${RATE.days} days. It is a lower bound, since who skips the dialog goes silent. It takes ${RATE.leastLeaves} leaves and ${RATE.leastSites} sites.`,
  silentRate: `Of ${RATE.sites} sites at risk, how many go silent in ${RATE.days} days.`,
  ageAtLeaving:
    'Days from the first report of a site, copies included, to its deactivation: the median, and the share on day 0 or 1. The first report comes after the opt-in, so days before it are not included.',
  below:
    "Active sites whose version is known and lower, in the order of PHP's version_compare. MySQL and MariaDB are compared each on its own; sites of unknown version stay apart.",
  rateRatio:
    'How many times as often these sites leave as the others, compared only with sites of the same age (Mantel-Haenszel). The range holds the true ratio in 95 of 100 cases.',
  releaseAlert: `Leaving in the first days of the release against the first days of the one before, among sites of the same age. Looked at on days ${looks} only; an alert takes a ratio of ${RELEASE_ALERT.leastRatio}, ${RELEASE_ALERT.leastLeaves} leaves and p below ${RELEASE_ALERT.p}. Below ${RELEASE_ALERT.weakBelowSites} sites it can miss a doubled rate.`,
  neighbours: `How many times as often sites with it left in the last ${NEIGHBOURS.days} complete days as sites of the same age without it, among sites that send the list. Guarded against chance: about ${percent(NEIGHBOURS.falseFindings)} of what is listed may be. It says what goes with leaving, not why.`,
  dropDate: `The share below, by week, carried on along its trend over ${DROP.weeks} complete weeks (at least ${DROP.leastWeeks}, and ${DROP.leastSites} sites). Dates appear only when the share is surely falling and gets there within ${DROP.mostYears} years; ${DROP.band * 10} of 10 such ranges hold the true date.`,
  advisories:
    'Active sites whose known version is affected by an advisory that the author has entered, by day, and the days until half of them were fixed.',
  share: `A share of the sites whose value is known. Below ${SURE_SITES} sites it carries the range that holds the true share in 95 of 100 cases (Wilson).`,
  base: 'The number of sites that a share is of.',
  unknown: 'Counted sites that did not say. They are in the total and in no share.',
  unsure: `Figures are marked unsure when the active sites of today differ from a count of the sites themselves by more than ${percent(SELF_CHECK.share)} and ${SELF_CHECK.sites} sites.`,
} as const;
export type Definition = keyof typeof definition;
