terraform {
  # 1.11: a secret's value can be written without being kept in state or plan
  required_version = ">= 1.11"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 6.50"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  project        = var.project
  region         = var.region
  default_labels = { app = "sitebeat" }
}

# only for google_project_service_identity, which the provider above lacks
provider "google-beta" {
  project = var.project
  region  = var.region
}
