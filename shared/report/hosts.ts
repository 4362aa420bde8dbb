/** Hosts that say what a site is for. `.a.example` is the host itself and all below it; `-a.example` what ends so. */
export interface HostRule {
  hosts: readonly string[];
  /** The page that says so. */
  source: string;
}

const FREEMIUS = 'https://freemius.com/help/documentation/selling-with-freemius/license-utilization';
const EVENTS_CALENDAR = 'https://theeventscalendar.com/knowledgebase/k/using-one-license-for-live-and-dev-sites/';
const BEAVER_BUILDER = 'Beaver Builder docs, Development & Staging Activations';
const DYNAMIC = 'https://help.dynamic.ooo/en/articles/5234343-expanded-license-for-staging-sites';
const MOSAIC = 'https://mosaicbuilder.com/docs/activation/whitelisted-domains';
const FROM_MEMORY = 'from memory';

/** Sites that a visitor makes by a click, to be gone in hours: no install of anything. */
export const EPHEMERAL_HOSTS: readonly HostRule[] = [
  {
    hosts: ['.playground.wordpress.net'],
    source: 'https://developer.wordpress.org/playground/developers/apis/query-api/',
  },
  { hosts: ['.tastewp.com', '-tastewp.com'], source: 'https://tastewp.com (sites are NAME.s1-tastewp.com and so on)' },
  { hosts: ['.instawp.co', '.instawp.link', '.instawp.xyz'], source: FREEMIUS },
  { hosts: ['.instawp.site'], source: FROM_MEMORY },
  { hosts: ['.wpsandbox.pro'], source: FREEMIUS },
  { hosts: ['.wpsandbox.org', '.wpsandbox.net'], source: FROM_MEMORY },
  { hosts: ['.sandywp.dev'], source: 'https://sandywp.com/docs/concepts' },
  { hosts: ['.updraftclone.com'], source: MOSAIC },
  { hosts: ['.wp.build'], source: 'https://wordpress.studio/docs/preview-sites/' },
];

/** Names that only somebody's own network or machine knows, tunnels to one, and machines that are lent to write code on. */
export const LOCAL_HOSTS: readonly HostRule[] = [
  { hosts: ['.localhost', '.local', '.test', '.invalid'], source: 'RFC 6761, RFC 6762' },
  {
    hosts: ['.localdomain', '.lan', '.home', '.home.arpa', '.internal', '.intranet'],
    source: 'RFC 6762 appendix G, RFC 8375',
  },
  { hosts: ['.loc'], source: BEAVER_BUILDER },
  { hosts: ['.docksal.site', '.lndo.site', '.ddev.site'], source: `${EVENTS_CALENDAR} (the first from memory)` },
  { hosts: ['.dev.cc'], source: FREEMIUS },
  { hosts: ['.ngrok.io'], source: FREEMIUS },
  {
    hosts: ['.ngrok.app', '.ngrok.dev', '.ngrok.pro', '.ngrok.pizza', '.ngrok-free.app', '.ngrok-free.dev'],
    source: FROM_MEMORY,
  },
  {
    hosts: ['.trycloudflare.com'],
    source:
      'https://developers.cloudflare.com/cloudflare-one/connections/connect-apps/do-more-with-tunnels/trycloudflare/',
  },
  {
    hosts: ['.loca.lt', '.localtunnel.me'],
    source: 'https://github.com/localtunnel/localtunnel (the first from memory)',
  },
  { hosts: ['.pagekite.me'], source: 'https://manpages.ubuntu.com/manpages/focal/en/man1/pagekite.1.html' },
  {
    hosts: ['.serveo.net', '.serveousercontent.com', '.localhost.run', '.lhr.life', '.lhr.rocks'],
    source: FROM_MEMORY,
  },
  {
    hosts: ['.localsite.io', '.expose.dev', '.sharedwithexpose.com', '.pinggy.link', '.pinggy.io'],
    source: FROM_MEMORY,
  },
  {
    hosts: ['.bore.pub', '.tunnelto.dev', '.telebit.io', '.zrok.io', '.devtunnels.ms', '.ts.net'],
    source: FROM_MEMORY,
  },
  { hosts: ['.github.dev', '.preview.app.github.dev', '.githubpreview.dev'], source: FROM_MEMORY },
  { hosts: ['.gitpod.io', '.gitpod.dev'], source: FROM_MEMORY },
  { hosts: ['.stackblitz.com', '.stackblitz.io', '.webcontainer.io', '.webcontainer-api.io'], source: FROM_MEMORY },
  { hosts: ['.codesandbox.io', '.csb.app', '.idx.dev', '.cloudworkstations.dev'], source: FROM_MEMORY },
  { hosts: ['.replit.dev', '.repl.co'], source: FROM_MEMORY },
];

/** What hosters call a site until it has a domain of its own, and its copies for tests. */
export const STAGING_HOSTS: readonly HostRule[] = [
  { hosts: ['.wpcomstaging.com'], source: `WordPress.com; ${BEAVER_BUILDER}` },
  { hosts: ['.mystagingwebsite.com'], source: `Pressable; ${FREEMIUS}` },
  { hosts: ['.go-vip.net'], source: `WordPress VIP; ${EVENTS_CALENDAR}` },
  { hosts: ['.wpengine.com', '.wpenginepowered.com'], source: `WP Engine; ${FREEMIUS}` },
  { hosts: ['.flywheelsites.com'], source: `Flywheel; ${MOSAIC}` },
  { hosts: ['.flywheelstaging.com'], source: `Flywheel; ${EVENTS_CALENDAR}` },
  { hosts: ['.kinsta.cloud'], source: `Kinsta; ${FREEMIUS}` },
  { hosts: ['.sg-host.com'], source: `SiteGround; ${EVENTS_CALENDAR}` },
  { hosts: ['.mybluehost.me'], source: `Bluehost; ${MOSAIC}` },
  { hosts: ['.mybluehost.com'], source: `Bluehost; ${EVENTS_CALENDAR}` },
  { hosts: ['.temp.domains'], source: 'Bluehost, HostGator; https://www.hostgator.com/help/article/temporary-url' },
  {
    hosts: ['.myftpupload.com'],
    source:
      'GoDaddy; https://www.godaddy.com/help/why-use-a-temporary-domain-name-with-managed-hosting-for-wordpress-8996',
  },
  { hosts: ['.dream.press'], source: `DreamHost; ${MOSAIC}` },
  { hosts: ['.dreamhosters.com'], source: `DreamHost; ${EVENTS_CALENDAR}` },
  { hosts: ['.stage.site'], source: `DreamHost; ${FROM_MEMORY}` },
  {
    hosts: ['.hostinger-site.com'],
    source: 'Hostinger; https://www.hostinger.com/support/how-to-switch-to-a-temporary-domain-in-hpanel/',
  },
  { hosts: ['.hostingersite.com'], source: `Hostinger; ${FROM_MEMORY}` },
  { hosts: ['.preview-domain.com'], source: `Hostinger; ${MOSAIC}` },
  {
    hosts: ['.builder-preview.com'],
    source:
      'Hostinger; https://support.hostinger.com/en/articles/8347449-how-to-connect-a-domain-to-hostinger-website-builder',
  },
  { hosts: ['.cloudwaysapps.com'], source: `Cloudways; ${FREEMIUS}` },
  { hosts: ['.cloudwaysapp.com'], source: `Cloudways; ${DYNAMIC}` },
  { hosts: ['.cloudwayssites.com'], source: `Cloudways; ${BEAVER_BUILDER}` },
  { hosts: ['.nxcli.net', '.nxcli.io'], source: `Nexcess; ${EVENTS_CALENDAR}` },
  { hosts: ['.pantheonsite.io', '.panth.io'], source: `Pantheon; ${EVENTS_CALENDAR}` },
  { hosts: ['.onrocket.site'], source: `Rocket.net; ${DYNAMIC}` },
  { hosts: ['.pressdns.com'], source: `Pagely; ${EVENTS_CALENDAR}` },
  { hosts: ['.bigscoots-staging.com'], source: `BigScoots; ${DYNAMIC}` },
  { hosts: ['.elementor.cloud'], source: `Elementor; ${DYNAMIC}` },
  { hosts: ['-dev.10web.site', '-dev.10web.cloud'], source: `10Web; ${FREEMIUS}` },
  { hosts: ['.tempurl.host', '.wpmudev.host'], source: `WPMU DEV; ${FREEMIUS}` },
  { hosts: ['.websitepro-staging.com', '.websitepro.hosting'], source: `Vendasta; ${FREEMIUS}` },
  { hosts: ['.myraidbox.de'], source: `Raidboxes; ${EVENTS_CALENDAR}` },
  {
    hosts: ['.stackstaging.com'],
    source: '20i; https://docs.20i.com/wordpress-support/difference-between-staging-site-stackstaging',
  },
  { hosts: ['.onyx-sites.io', '.wp1.host'], source: `Krystal, xCloud; ${EVENTS_CALENDAR}` },
  {
    hosts: ['.wpstage.net', '.wpstagecoach.com', '.wpsc.site'],
    source: `BlogVault, WP Stagecoach; ${EVENTS_CALENDAR}`,
  },
  { hosts: ['.lightningbasehosted.com'], source: `Lightning Base; ${EVENTS_CALENDAR}` },
  { hosts: ['.closte.com', '.runcloud.link', '.wpserveur.net'], source: `Closte, RunCloud, WPServeur; ${DYNAMIC}` },
  { hosts: ['.flywp.xyz', '.temp-site.link', '.wp1.site'], source: `FlyWP and others; ${BEAVER_BUILDER}` },
  { hosts: ['.plesk.page', '.testurl.ws', '.stagingweb.net'], source: `Plesk and others; ${MOSAIC}` },
  { hosts: ['.staging', '.stage'], source: `no top-level domains; ${EVENTS_CALENDAR}` },
];

/** Whether one of the rules names the host. */
export function isNamed(host: string, rules: readonly HostRule[]): boolean {
  return rules.some(({ hosts }) => hosts.some((suffix) => host.endsWith(suffix) || `.${host}` === suffix));
}
