"""Campaigns: hours of guided search over an implementation, on this machine or on a cluster (docs/campaign.md)."""
