import Foundation
import Testing

/// With `SLUICE_RECORD_ARTICLES` set, the articles are written again with what the commands say now.
@Suite("The articles")
struct DocumentationTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  @Test("Two of them show commands and Swift")
  func exist() {
    #expect(Article.all.count { !$0.commands.isEmpty } >= 2)
    #expect(Article.all.contains { $0.blocks.contains { $0.language == "swift" } })
  }

  @Test("Each block is of a kind that is looked at, or is a drawing", arguments: Article.all)
  func languages(article: Article) {
    for block in article.blocks {
      let place = "\(article.path):\(block.line)"
      #expect(["swift", "console", "text"].contains(block.language), "\(place)")
      // What stands before the first command would be compared with nothing.
      let isCommand = block.lines.first?.hasPrefix("$ ") == true
      #expect(isCommand || block.language != "console", "\(place)")
    }
  }

  @Test("Swift is that of the sample that is named before it", arguments: Article.all)
  func swift(article: Article) throws {
    let samples = Article.files(below: "Samples", ending: ".swift")
    for block in article.blocks where block.language == "swift" {
      let place = "\(article.path):\(block.line)"
      let name = try #require(block.source, "\(place): no file is named before it")
      let files = samples.filter { $0.hasSuffix("/" + name) }
      #expect(files.count == 1, "\(place): \(name)")
      let source = Article.lines(of: files.first ?? "")
      #expect(block.lines.isPart(of: source), "\(place): not in \(name)")
    }
  }

  @Test("Commands say what stands below them", arguments: Article.all + [.readme])
  func commands(article: Article) throws {
    let outputs = try outputs(of: article.commands)
    try #require(outputs.count == article.commands.count)
    if ProcessInfo.processInfo.environment["SLUICE_RECORD_ARTICLES"] != nil {
      return try article.record(outputs)
    }
    for (command, output) in zip(article.commands, outputs) {
      #expect(output == command.output, "\(article.path):\(command.line): \(command.text)")
    }
  }

  /// What each command says on both streams. One shell runs them all, in an empty folder.
  private func outputs(of commands: [Article.Command]) throws -> [[String]] {
    let programs = try Scratch()
    for (name, binary) in [("sluice", Binary.sluice), ("Tutorial", .tutorial)] {
      try FileManager.default.createSymbolicLink(
        atPath: programs.file(name), withDestinationPath: binary.path)
    }
    var script = "cd \"$1\"; PATH=$2:$PATH; export LC_ALL=C; exec 2>&1\n"
    for command in commands {
      // A mark behind each output, and the status for the next command.
      script += command.text + "\nstatus=$?; printf '\\036'; (exit $status)\n"
    }
    let result = try Binary(path: "/bin/bash").run(
      ["-c", script, "bash", folder.path, programs.path], within: 180)
    return result.text.split(separator: "\u{1e}", omittingEmptySubsequences: false).dropLast().map {
      $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        .droppingLastEmpty
    }
  }
}
