# The image for two architectures: docker buildx bake
# A registry is needed to keep both under one name: IMAGE=registry.example/otel-vitals docker buildx bake --push
variable "IMAGE" {
  default = "otel-vitals"
}

variable "VERSION" {
  default = "0.2.0"
}

group "default" {
  targets = ["collector"]
}

target "collector" {
  context    = "."
  dockerfile = "Dockerfile"
  target     = "collector"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${IMAGE}:${VERSION}"]
}
