variable "alert_emails" {
  description = "Addresses that every alert is mailed to."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "Each of alert_emails must be an e-mail address."
  }
}

variable "archive_expiry_days" {
  description = "Age in days at which raw payloads are deleted; null keeps them for ever. What is deleted can not be made again."
  type        = number
  default     = null

  validation {
    condition     = var.archive_expiry_days == null ? true : var.archive_expiry_days >= 30
    error_message = "archive_expiry_days must be 30 or more: the archive is the source of truth."
  }
}

variable "billing_account" {
  description = "Billing account (XXXXXX-XXXXXX-XXXXXX) on which a budget of monthly_budget is watched; null makes no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must look like 012345-6789AB-CDEF01."
  }
}

variable "bundles" {
  description = "Folder of the bundles that npm run build made; null is dist/ of this checkout."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to destroy what holds data: the archive while it has objects, the history's tables."
  type        = bool
  default     = true
}

variable "dashboard_admins" {
  description = "E-mail addresses of those who see every project on the dashboard. Others see what `sitebeat projects update --grant` gives them."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.dashboard_admins : can(regex("^[^\\s,@]+@[^\\s,@]+$", email))])
    error_message = "Each of dashboard_admins must be an e-mail address."
  }
}

variable "dashboard_iap" {
  description = "The dashboard is behind the Identity-Aware Proxy, and takes its word alone on who asks. The proxy is switched on by hand, see README."
  type        = bool
  default     = false
}

variable "domain" {
  description = "Host name under which a load balancer serves collect; null serves it at its run.app address. Its A record must point at the output edge_address. See domain_only before setting it on a running system."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a host name in lower case, such as insights.example.com."
  }
}

variable "domain_only" {
  description = "With a domain: close the run.app address, so that nothing passes by the load balancer. Leave false while plugins in the field still call run.app."
  type        = bool
  default     = true
}

variable "instance_limit_factor" {
  description = "Scales the most instances of every function but those that may have one: below 1 where the region's quota is small, above 1 when a peak is answered 429."
  type        = number
  default     = 1

  validation {
    condition     = var.instance_limit_factor > 0 && var.instance_limit_factor <= 20
    error_message = "instance_limit_factor must be above 0 and at most 20."
  }
}

variable "kms_key" {
  description = "Key of Cloud KMS (projects/P/locations/REGION/keyRings/K/cryptoKeys/C, in the region) that encrypts buckets, topics, dataset, secrets and images; null leaves it to Google's own keys. The key's project must let Terraform set its grants."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key must look like projects/P/locations/REGION/keyRings/K/cryptoKeys/C."
  }

  validation {
    condition     = var.kms_key == null ? true : try(split("/", var.kms_key)[3], var.region) == var.region
    error_message = "kms_key must be in the region of everything else."
  }
}

variable "log_level" {
  description = "Least severity that functions log. DEBUG writes a line per event, which costs more than the work."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "mail_api_secret" {
  description = "Key that signs requests to the mail API. Kept in Secret Manager only, not in state."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.mail_api_secret == null) == (var.mail_api_url == null)
    error_message = "mail_api_secret and mail_api_url go together."
  }
}

variable "mail_api_url" {
  description = "Address of the mail API; null leaves out the functions that mail."
  type        = string
  default     = null

  validation {
    condition     = var.mail_api_url == null ? true : startswith(var.mail_api_url, "https://")
    error_message = "mail_api_url must begin with https://."
  }
}

variable "mongodb_connection_budget" {
  description = "Connections that one server of the MongoDB cluster may get from the functions. 500 is what Atlas's smallest tiers allow."
  type        = number
  default     = 500

  validation {
    condition     = var.mongodb_connection_budget >= 1
    error_message = "mongodb_connection_budget must be at least 1."
  }
}

variable "mongodb_pool_size" {
  description = "MongoDB connections of one instance; null takes the scale's (small 2, large 5)."
  type        = number
  default     = null

  validation {
    condition     = var.mongodb_pool_size == null ? true : var.mongodb_pool_size >= 1 && floor(var.mongodb_pool_size) == var.mongodb_pool_size
    error_message = "mongodb_pool_size must be a whole number from 1."
  }
}

variable "mongodb_uri" {
  description = "URI of the MongoDB with its database. Kept in Secret Manager only, not in state."
  type        = string
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = can(regex("^mongodb(\\+srv)?://[^/]+/[^?]+", var.mongodb_uri))
    error_message = "mongodb_uri must be a mongodb:// or mongodb+srv:// URI that names the database."
  }
}

variable "monthly_budget" {
  description = "Whole units of the billing account's currency a month; alerts at 50, 90 and 100 %. Counts with billing_account only."
  type        = number
  default     = 100

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget must be a whole number from 1."
  }
}

variable "notification_channels" {
  description = "Notification channels that exist already, as projects/P/notificationChannels/N (Slack, PagerDuty, …)."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", name))])
    error_message = "Each of notification_channels must look like projects/P/notificationChannels/N."
  }
}

variable "private_callers" {
  description = "Who may reach the private HTTP functions (the dashboard), as IAM members: user:…, group:…, serviceAccount:…, domain:…."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.private_callers : can(regex("^(user|group|serviceAccount|domain):.+", member))])
    error_message = "Each of private_callers must be user:…, group:…, serviceAccount:… or domain:…; never allUsers."
  }
}

variable "project" {
  description = "Id of the Google Cloud project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project id: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "public_access" {
  description = "How plugins, which cannot sign in, get to collect. all_users: by a grant to allUsers. no_invoker_check: that check is off, which an organization that forbids allUsers allows; it is switched off by hand, see README."
  type        = string
  default     = "all_users"

  validation {
    condition     = contains(["all_users", "no_invoker_check"], var.public_access)
    error_message = "public_access must be all_users or no_invoker_check."
  }
}

variable "query_gib_limit" {
  description = "GiB that one query of the history may be billed for; a query that would read more is refused and costs nothing. 256 GiB are some 1.60 dollars."
  type        = number
  default     = 256

  validation {
    condition     = var.query_gib_limit >= 1 && var.query_gib_limit <= 999999 && floor(var.query_gib_limit) == var.query_gib_limit
    error_message = "query_gib_limit must be a whole number from 1 to 999999."
  }
}

variable "rate_limit_per_minute" {
  description = "With a domain: requests a minute that Cloud Armor lets one address send; more are answered 429 and lost. One shared host sends for all its sites. Null sets no limit."
  type        = number
  default     = null

  validation {
    condition     = var.rate_limit_per_minute == null ? true : var.rate_limit_per_minute >= 60
    error_message = "rate_limit_per_minute must be 60 or more."
  }

  validation {
    condition     = var.rate_limit_per_minute == null || var.domain != null
    error_message = "rate_limit_per_minute needs a domain: Cloud Armor stands at the load balancer."
  }
}

variable "region" {
  description = "Region of everything, the data included. It cannot be changed later."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a single region, such as europe-west1."
  }
}

variable "scale" {
  description = "small: a part of a vCPU, one request at a time, cheapest below about 2 M payloads a day. large: a vCPU, as many requests at a time as mesh.json says."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "large"], var.scale)
    error_message = "scale must be small or large."
  }
}

variable "secrets_revision" {
  description = "Raise it by one when mongodb_uri or mail_api_secret changes: Terraform keeps neither and cannot see it."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_revision >= 1 && floor(var.secrets_revision) == var.secrets_revision
    error_message = "secrets_revision must be a whole number from 1."
  }
}

variable "vcpu_quota" {
  description = "vCPUs that Cloud Run may give this project in the region. A new project has 20, some 10; see README."
  type        = number
  default     = 20

  validation {
    condition     = var.vcpu_quota >= 1
    error_message = "vcpu_quota must be at least 1."
  }
}

variable "vpc_connector" {
  description = "Serverless VPC Access connector through which functions reach MongoDB, as projects/P/locations/R/connectors/C; null leaves by Google's own, changing addresses. With Cloud NAT behind it MongoDB's access list can name one address."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_connector == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/connectors/[^/]+$", var.vpc_connector))
    error_message = "vpc_connector must look like projects/P/locations/R/connectors/C."
  }
}

variable "vpc_egress" {
  description = "What goes through vpc_connector. ALL_TRAFFIC: everything, as a MongoDB on the internet with an access list asks, then Cloud NAT must stand behind it. PRIVATE_RANGES_ONLY: what is in the VPC network or peered with it."
  type        = string
  default     = "ALL_TRAFFIC"

  validation {
    condition     = contains(["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"], var.vpc_egress)
    error_message = "vpc_egress must be ALL_TRAFFIC or PRIVATE_RANGES_ONLY."
  }
}
