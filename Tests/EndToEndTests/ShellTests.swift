import Foundation
import Testing

@Suite("Completions and the manual")
struct ShellTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  /// The first of these programs that is there.
  private func program(_ names: String...) -> Binary? {
    names.flatMap { name in ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }.map { Binary(path: $0) }
  }

  @Test("The scripts are right for their shells", arguments: ["bash", "zsh", "fish"])
  func syntax(shell: String) throws {
    let script = try Binary.sluice.run("--generate-completion-script", shell)
    #expect(script.status == 0)
    #expect(script.errors.isEmpty)
    #expect(script.text.contains("rotate-size"))
    guard let program = program(shell) else { return }
    let check = try program.run("-n", try folder.file("script", script.output))
    #expect(check.status == 0)
    #expect(check.errors.isEmpty)
  }

  @Test("An unknown shell is a usage error")
  func unknownShell() throws {
    let result = try Binary.sluice.run("--generate-completion-script", "csh")
    #expect(result.status == 2)
    #expect(result.errorLines.count == 1)
  }

  /// A word that is still to be completed stands last.
  @Test(
    "bash completes files, analyzers, choices, options and commands",
    arguments: [
      (["-r", "capt"], ["capture.pcap"]),
      (["analyze", "-r", "capt"], ["capture.pcap"]),
      (["-w", "capture.p"], ["capture.pcap"]),
      (["-l", "lo"], ["logs"]),
      (["-c", "sl"], ["sluice.yaml"]),
      (["-a", "fl"], ["flow"]),
      (["-r", "capture.pcap", "-a", "di"], ["digest"]),
      (["-k", ""], ["all", "auto", "none"]),
      (["--format", "e"], ["eve"]),
      (["--mem"], ["--memory"]),
      (["gen"], ["generate"]),
      (["generate", "bu"], ["bulk"]),
      (["generate", "--see"], ["--seed"]),
    ])
  func bash(words: [String], expected: [String]) throws {
    let script = try Binary.sluice.run("--generate-completion-script", "bash")
    _ = try folder.file("completions", script.output)
    _ = try folder.file("capture.pcap", [])
    _ = try folder.file("sluice.yaml", [])
    try FileManager.default.createDirectory(
      atPath: folder.file("logs"), withIntermediateDirectories: true)
    let program = """
      cd "$1"; PATH=$2:$PATH; shift 2; . ./completions
      COMP_WORDS=(sluice "$@"); COMP_CWORD=$#; COMP_LINE="${COMP_WORDS[*]}"
      COMP_POINT=${#COMP_LINE}
      _sluice sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let bin = URL(fileURLWithPath: Binary.sluice.path).deletingLastPathComponent().path
    let result = try Binary(path: "/bin/bash").run(
      ["-c", program, "bash", folder.path, bin] + words)
    #expect(result.errors.isEmpty)
    #expect(result.lines.sorted() == expected)
  }

  @Test("The manual is a page without complaints, where there is a program to say so")
  func manual() throws {
    let manual = try Binary.sluice.run("generate-manual")
    #expect(manual.status == 0)
    #expect(manual.text.hasPrefix(".Dd "))
    let page = try folder.file("sluice.1", manual.output)
    if let mandoc = program("mandoc") {
      let lint = try mandoc.run("-Tlint", "-Wwarning", page)
      #expect(lint.status == 0, "\(lint.text)")
    }
    guard let groff = program("groff") else { return }
    let result = try groff.run("-mdoc", "-Tascii", "-ww", page)
    // Some systems have groff without its macros.
    guard result.status == 0, !result.errors.contains("mdoc") else { return }
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(result.text.contains("rotate"))
    #expect(result.text.contains("sluice"))
  }

  @Test("The names of the analyzers, for completions")
  func names() throws {
    let result = try Binary.sluice.run("analyzers", "--names")
    #expect(result.lines.contains("flow") && result.lines == result.lines.sorted())
    #expect(result.lines.allSatisfy { !$0.contains(" ") })
  }
}
