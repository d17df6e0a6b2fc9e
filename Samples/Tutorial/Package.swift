// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Tutorial",
  dependencies: [.package(name: "sluice", path: "../..")],
  targets: [
    .executableTarget(
      name: "Tutorial",
      dependencies: [
        .product(name: "Analysis", package: "sluice"),
        .product(name: "SluiceCommand", package: "sluice"),
      ])
  ]
)
