# Only with var.domain: a load balancer before the public function, with Cloud Armor when there is a limit.
resource "google_compute_global_address" "edge" {
  for_each = local.edge

  name = "sitebeat-${each.key}"

  depends_on = [google_project_service.api]
}

resource "google_compute_region_network_endpoint_group" "edge" {
  for_each = local.edge

  name                  = "sitebeat-${each.key}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloudfunctions2_function.mesh[each.key].name
  }
}

resource "google_compute_backend_service" "edge" {
  for_each = local.edge

  name                  = "sitebeat-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = one(google_compute_security_policy.edge[*].id)

  backend {
    group = google_compute_region_network_endpoint_group.edge[each.key].id
  }

  # its metrics count what it refuses; a log of requests would keep the senders' addresses
  log_config {
    enable = false
  }
}

resource "google_compute_security_policy" "edge" {
  count = var.rate_limit_per_minute == null ? 0 : 1

  name        = "sitebeat"
  description = "Throttles a single address"

  rule {
    action      = "throttle"
    priority    = 1000
    description = "Requests a minute of one address"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.rate_limit_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    action      = "allow"
    priority    = 2147483647
    description = "The rest"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_url_map" "edge" {
  for_each = local.edge

  name            = "sitebeat-${each.key}"
  default_service = google_compute_backend_service.edge[each.key].id
}

resource "google_compute_managed_ssl_certificate" "edge" {
  for_each = local.edge

  name = "sitebeat-${each.key}-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_ssl_policy" "edge" {
  for_each = local.edge

  name            = "sitebeat-${each.key}"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.api]
}

resource "google_compute_target_https_proxy" "edge" {
  for_each = local.edge

  name             = "sitebeat-${each.key}"
  url_map          = google_compute_url_map.edge[each.key].id
  ssl_certificates = [google_compute_managed_ssl_certificate.edge[each.key].id]
  ssl_policy       = google_compute_ssl_policy.edge[each.key].id
}

resource "google_compute_global_forwarding_rule" "edge" {
  for_each = local.edge

  name                  = "sitebeat-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.edge[each.key].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.edge[each.key].id
}
