// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  // Every unsafe expression is marked; raw memory lives in Buffers and Capture.
  .strictMemorySafety(),
  .enableExperimentalFeature("Lifetimes"),  // views hold and return spans
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// Tests build packets byte by byte and may force what they know.
let testSettings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "sluice",
  products: [
    .executable(name: "sluice", targets: ["sluice"]),
    .library(name: "Analysis", targets: ["Analysis"]),
    .library(name: "SluiceCommand", targets: ["SluiceCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C: what Swift cannot import or say.
    .target(name: "CSystem"),
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // The way of the data, bottom up: each target imports only what stands above it here.
    .target(name: "Wire", swiftSettings: settings),
    .target(name: "Sockets", dependencies: ["Wire"], swiftSettings: settings),
    .target(name: "Buffers", dependencies: ["CSystem", "Wire"], swiftSettings: settings),
    .target(
      name: "Capture", dependencies: ["CSystem", "CPcap", "CZlib", "Wire", "Buffers"],
      swiftSettings: settings),
    .target(
      name: "Reassembly", dependencies: ["Wire", "Sockets", "Buffers"], swiftSettings: settings),
    .target(
      name: "Checking", dependencies: ["Wire", "Sockets", "Buffers", "Reassembly"],
      swiftSettings: settings),
    .target(
      name: "Analysis", dependencies: ["Wire", "Sockets", "Buffers"], swiftSettings: settings),
    .target(
      name: "Injection", dependencies: ["Wire", "Sockets", "Buffers"], swiftSettings: settings),
    .target(
      name: "Deferral",
      dependencies: [
        "Wire", "Sockets", "Buffers", "Analysis", "Injection",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(
      name: "Pipeline",
      dependencies: [
        "Wire", "Sockets", "Buffers", "Capture", "Reassembly", "Analysis", "Deferral",
        "Injection",
      ],
      swiftSettings: settings),
    .target(
      name: "Analyzers",
      dependencies: [
        "CSystem", "CPCRE2", "Buffers", "Analysis",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .target(
      name: "Generation", dependencies: ["Wire", "Sockets", "Buffers"], swiftSettings: settings),
    .target(
      name: "SluiceCommand",
      dependencies: [
        "Wire", "Buffers", "Capture", "Reassembly", "Checking", "Analysis", "Deferral", "Pipeline",
        "Analyzers", "Generation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),
    .executableTarget(name: "sluice", dependencies: ["SluiceCommand"], swiftSettings: settings),

    .testTarget(
      name: "WireTests", dependencies: ["Wire", "Sockets"], swiftSettings: testSettings),
    .testTarget(
      name: "AnalyzersTests",
      dependencies: [
        "Analyzers", "Analysis", "Buffers", "CPCRE2", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "SluiceCommandTests",
      dependencies: ["SluiceCommand", "Analysis", "Capture", "Pipeline", "Wire"],
      swiftSettings: testSettings),
    .testTarget(
      name: "GenerationTests", dependencies: ["Generation", "Wire", "Sockets", "Buffers"],
      swiftSettings: testSettings),

    // The baseline of all speed figures; Scripts/bench runs it.
    .executableTarget(
      name: "pcap-loop", dependencies: ["CPcap"], path: "Tests/Benchmarks/PcapLoop"),
    // Tests, and the builders that they share.
    .target(
      name: "Support",
      dependencies: [
        "Wire", "Sockets", "Buffers", "Capture", "Reassembly", "Injection", "Checking", "Pipeline",
      ],
      path: "Tests/Support", swiftSettings: testSettings),
    // Scripts/facts runs it over vectors that others established.
    .executableTarget(
      name: "facts", dependencies: ["Support"], path: "Tests/Facts", swiftSettings: testSettings),
    .testTarget(
      name: "BuffersTests", dependencies: ["Support", "Buffers", "Wire"],
      swiftSettings: testSettings),
    .testTarget(
      name: "ReassemblyTests",
      dependencies: ["Support", "Reassembly", "Generation", "Sockets", "Buffers", "Wire"],
      swiftSettings: testSettings),
    .testTarget(
      name: "CheckingTests", dependencies: ["Support", "Checking", "Generation", "Wire"],
      swiftSettings: testSettings),
    .testTarget(
      name: "InjectionTests",
      dependencies: ["Support", "Injection", "Sockets", "Buffers", "Wire"],
      exclude: ["Vectors"], swiftSettings: testSettings),
    .testTarget(
      name: "DeferralTests", dependencies: ["Support", "Deferral", "Analysis", "Sockets"],
      swiftSettings: testSettings),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Support", "Pipeline", "Generation", "Analyzers", "Analysis", "Deferral", "Injection",
        "Reassembly", "Checking", "Buffers", "Capture", "Wire",
      ],
      swiftSettings: testSettings),
    // The captures lie beside the package; without them these tests are skipped.
    .testTarget(
      name: "CorpusTests",
      dependencies: [
        "Support", "Pipeline", "Analyzers", "Analysis", "Checking", "Capture", "Buffers", "sluice",
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "CaptureTests",
      dependencies: ["Support", "Capture", "Buffers", "Wire", "CSystem", "CZlib"],
      swiftSettings: testSettings),
    // Scripts/fuzz builds it with libFuzzer; otherwise it replays its corpus, as its tests do.
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer", "CZlib", "Support", "Wire", "Sockets", "Buffers", "Capture", "Reassembly",
        "Checking", "Analysis", "Analyzers", "Pipeline", "Generation", "SluiceCommand",
        "Injection",
      ],
      path: "Tests/Fuzz", exclude: ["CFuzzer", "Corpus"], swiftSettings: testSettings),
    .testTarget(name: "FuzzTests", dependencies: ["fuzz"], swiftSettings: testSettings),
    // Packages of their own; compiled here too, so that they stay right. No settings: authors of
    // analyzers need none.
    .executableTarget(
      name: "Shout", dependencies: ["Analysis", "SluiceCommand"],
      path: "Samples/ShoutAnalyzer/Sources/Shout"),
    .executableTarget(
      name: "Tutorial", dependencies: ["Analysis", "SluiceCommand"],
      path: "Samples/Tutorial/Sources/Tutorial"),
    // They run the built programs, and see nothing of their insides.
    .testTarget(
      name: "EndToEndTests", dependencies: ["sluice", "Shout", "Tutorial"],
      swiftSettings: testSettings),
  ]
)

// For Scripts/check. Otherwise a warning of a newer compiler would break everybody's build.
if Context.environment["SLUICE_WARNINGS_AS_ERRORS"] != nil {
  for target in package.targets where target.swiftSettings != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}
